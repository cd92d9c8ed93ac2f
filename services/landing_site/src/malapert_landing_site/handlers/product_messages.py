"""Product sets and light over time from and to protobuf messages."""

from __future__ import annotations

from dataclasses import fields

from malapert.landing_site.v1 import product_pb2
from malapert.type.v1 import type_pb2
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.rpc.mapping import named, to_domain, to_message
from malapert_core.timestamps import from_timestamp

from malapert_landing_site.domain.light import Directions
from malapert_landing_site.domain.product import ProductFile, ProductRequest, ProductSet
from malapert_landing_site.domain.product_layers import STYLES, ProductLayer
from malapert_landing_site.handlers.messages import place_of
from malapert_landing_site.services.light_series import LightAtPlaces
from malapert_landing_site.terrain.grid.projection import place_at

DEFAULT_HAZARD_SLOPE_DEG = 15.0


def layer_of(number: int, path: str = "layer") -> ProductLayer:
    """Return the layer that a message states.

    Raises
    ------
    InvalidInputError
        UNKNOWN_LAYER.
    """
    layer = named(ProductLayer, product_pb2.ProductLayer.DESCRIPTOR, number)
    if layer is None:
        message = f"{number} is no layer; 1 to {max(product_pb2.ProductLayer.values())} are"
        raise InvalidInputError("UNKNOWN_LAYER", message, faults=[Fault(path, "UNKNOWN_LAYER", message)])
    return layer


def product_request_of(request: product_pb2.ComputeProductsRequest) -> ProductRequest:
    """Return the request that a message states; raises as `layer_of`."""
    span = request.span if request.HasField("span") else None
    return to_domain(
        request,
        ProductRequest,
        center=place_of(request.center),
        layers=tuple(layer_of(number, f"layers[{n}]") for n, number in enumerate(request.layers)),
        start_time=from_timestamp(span.start_time) if span else None,
        end_time=from_timestamp(span.end_time) if span else None,
        hazard_slope_deg=request.hazard_slope_deg or DEFAULT_HAZARD_SLOPE_DEG,
    )


def product_set_message(made: ProductSet) -> product_pb2.ProductSet:
    """Return the message of a set."""
    g, request = made.geometry, made.request
    corners = [(g.x_min_m, g.y_max_m), (g.x_max_m, g.y_max_m), (g.x_max_m, g.y_min_m), (g.x_min_m, g.y_min_m)]
    message = to_message(
        made,
        product_pb2.ProductSet,
        terrain_stack_id=request.terrain_stack_id,
        corners=[to_message(place_at(x_m, y_m, g.pole), type_pb2.SurfacePoint) for x_m, y_m in corners],
        files=map(_file_message, made.files),
    )
    message.MergeFrom(to_message(g, product_pb2.ProductSet))
    if request.start_time is not None and request.end_time is not None:
        message.span.CopyFrom(to_message(request, type_pb2.Interval))
    return message


def _file_message(file: ProductFile) -> product_pb2.ProductFile:
    style = STYLES[file.layer]
    stops = [
        product_pb2.LegendStop(value=value, colour="#{:02x}{:02x}{:02x}".format(*colour))
        for value, colour in style.legend
    ]
    message = to_message(file, product_pb2.ProductFile)
    message.MergeFrom(to_message(style, product_pb2.ProductFile, legend=stops))
    return message


def _directions_of(directions: Directions | None, place: int) -> dict[str, list[float]]:
    if directions is None:
        return {}
    return {field.name: getattr(directions, field.name)[place].tolist() for field in fields(Directions)}


def light_series_message(found: LightAtPlaces, span: type_pb2.Interval) -> product_pb2.GetLightSeriesResponse:
    """Return the message of series of light."""
    series, summary = found.series, found.summary
    return product_pb2.GetLightSeriesResponse(
        series=[
            product_pb2.LightSeries(
                point=to_message(place, type_pb2.SurfacePoint),
                sun_fraction=series.sun_fraction[n].tolist(),
                earth_visible=series.earth_visible[n].tolist(),
                mean_sun_fraction=float(summary.mean_sun_fraction[n]),
                longest_night_s=float(summary.longest_night_s[n]),
                longest_lit_s=float(summary.longest_lit_s[n]),
                earth_visible_fraction=float(summary.earth_visible_fraction[n]),
                sun_and_earth_fraction=float(summary.sun_and_earth_fraction[n]),
                **_directions_of(found.directions, n),
            )
            for n, place in enumerate(found.places)
        ],
        span=span,
        step_s=series.step_s,
        provenance=to_message(found.provenance, type_pb2.Provenance),
    )
