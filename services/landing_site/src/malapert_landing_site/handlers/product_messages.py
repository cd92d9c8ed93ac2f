"""Product sets and light over time from and to protobuf messages."""

from __future__ import annotations

from malapert.landing_site.v1 import product_pb2
from malapert.type.v1 import type_pb2
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.timestamps import from_timestamp, to_timestamp

from malapert_landing_site.domain.product import ProductFile, ProductRequest, ProductSet
from malapert_landing_site.domain.product_layers import STYLES, ProductLayer
from malapert_landing_site.handlers.messages import place_of, point_message, provenance_message
from malapert_landing_site.services.light_series import LightAtPlaces
from malapert_landing_site.terrain.projection import place_at

DEFAULT_HAZARD_SLOPE_DEG = 15.0
_PREFIX = "PRODUCT_LAYER_"


def layer_of(number: int, path: str = "layer") -> ProductLayer:
    """Return the layer that a message states.

    Raises
    ------
    InvalidInputError
        UNKNOWN_LAYER.
    """
    if number not in product_pb2.ProductLayer.values() or not number:
        message = f"{number} is no layer; 1 to {max(product_pb2.ProductLayer.values())} are"
        raise InvalidInputError("UNKNOWN_LAYER", message, faults=[Fault(path, "UNKNOWN_LAYER", message)])
    return ProductLayer(product_pb2.ProductLayer.Name(number).removeprefix(_PREFIX).lower())  # type: ignore[arg-type]


def product_request_of(request: product_pb2.ComputeProductsRequest) -> ProductRequest:
    """Return the request that a message states; raises as `layer_of`."""
    span = request.span if request.HasField("span") else None
    return ProductRequest(
        terrain_stack_id=request.terrain_stack_id,
        center=place_of(request.center),
        size_m=request.size_m,
        pixel_size_m=request.pixel_size_m,
        layers=tuple(layer_of(number, f"layers[{n}]") for n, number in enumerate(request.layers)),
        start_time=from_timestamp(span.start_time) if span else None,
        end_time=from_timestamp(span.end_time) if span else None,
        step_s=request.step_s,
        height_m=request.height_m,
        azimuth_count=request.azimuth_count,
        slope_baseline_m=request.slope_baseline_m,
        hazard_slope_deg=request.hazard_slope_deg or DEFAULT_HAZARD_SLOPE_DEG,
        hazard_radius_m=request.hazard_radius_m,
        allow_large=request.allow_large,
    )


def product_set_message(made: ProductSet) -> product_pb2.ProductSet:
    """Return the message of a set."""
    g, request = made.geometry, made.request
    corners = [(g.x_min_m, g.y_max_m), (g.x_max_m, g.y_max_m), (g.x_max_m, g.y_min_m), (g.x_min_m, g.y_min_m)]
    message = product_pb2.ProductSet(
        product_set_id=made.product_set_id,
        terrain_stack_id=request.terrain_stack_id,
        crs=g.crs,
        width_px=g.width_px,
        height_px=g.height_px,
        pixel_size_m=g.pixel_size_m,
        x_min_m=g.x_min_m,
        y_max_m=g.y_max_m,
        corners=[point_message(place_at(x_m, y_m, g.pole)) for x_m, y_m in corners],
        files=[_file_message(file) for file in made.files],
        owner_agency_id=made.owner_agency_id,
        provenance=provenance_message(made.provenance),
    )
    if request.start_time is not None and request.end_time is not None:
        message.span.start_time.CopyFrom(to_timestamp(request.start_time))
        message.span.end_time.CopyFrom(to_timestamp(request.end_time))
    return message


def _file_message(file: ProductFile) -> product_pb2.ProductFile:
    style = STYLES[file.layer]
    return product_pb2.ProductFile(
        layer=product_pb2.ProductLayer.Value(_PREFIX + file.layer.name),
        title=style.title,
        description=style.description,
        unit=style.unit,
        size_bytes=file.size_bytes,
        content_hash=file.content_hash,
        known_fraction=file.known_fraction,
        lowest=file.lowest,
        highest=file.highest,
        mean=file.mean,
        legend=[
            product_pb2.LegendStop(value=value, colour="#{:02x}{:02x}{:02x}".format(*colour))
            for value, colour in style.legend
        ],
    )


def light_series_message(found: LightAtPlaces, span: type_pb2.Interval) -> product_pb2.GetLightSeriesResponse:
    """Return the message of series of light."""
    series, summary = found.series, found.summary
    return product_pb2.GetLightSeriesResponse(
        series=[
            product_pb2.LightSeries(
                point=point_message(place),
                sun_fraction=series.sun_fraction[n].tolist(),
                earth_visible=series.earth_visible[n].tolist(),
                mean_sun_fraction=float(summary.mean_sun_fraction[n]),
                longest_night_s=float(summary.longest_night_s[n]),
                longest_lit_s=float(summary.longest_lit_s[n]),
                earth_visible_fraction=float(summary.earth_visible_fraction[n]),
                sun_and_earth_fraction=float(summary.sun_and_earth_fraction[n]),
            )
            for n, place in enumerate(found.places)
        ],
        span=span,
        step_s=series.step_s,
        provenance=provenance_message(found.provenance),
    )
