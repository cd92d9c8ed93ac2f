"""A product set as a STAC item (1.0.0) with the projection and solar-system extensions."""

from typing import Any

from malapert_http_models.contracts.landing_site import ProductFile, ProductSet

PROJECTION_EXTENSION = "https://stac-extensions.github.io/projection/v1.1.0/schema.json"
SOLAR_SYSTEM_EXTENSION = "https://stac-extensions.github.io/ssys/v1.1.0/schema.json"
COG_MEDIA_TYPE = "image/tiff; application=geotiff; profile=cloud-optimized"


def stac_item(made: ProductSet, address: str) -> dict[str, Any]:
    """Return the item of a set.

    Longitude and latitude are lunar (MOON_ME, IAU_2015:30100), as `ssys:targets` says. A square that holds the pole has
    the whole cap down to its farthest corner as its geometry, since a ring around the pole has no inside in degrees.

    Parameters
    ----------
    made
        The set.
    address
        Where the set is served, without a slash at its end.
    """
    longitudes, latitudes = [c.longitude_deg for c in made.corners], [c.latitude_deg for c in made.corners]
    x_max_m = made.x_min_m + made.width_px * made.pixel_size_m
    y_min_m = made.y_max_m - made.height_px * made.pixel_size_m
    holds_pole = made.x_min_m <= 0.0 <= x_max_m and y_min_m <= 0.0 <= made.y_max_m
    ring = _cap(latitudes) if holds_pole else _ring(longitudes, latitudes)
    created = made.provenance.created_time if made.provenance else None
    span = made.span.model_dump(mode="json") if made.span else None
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": [PROJECTION_EXTENSION, SOLAR_SYSTEM_EXTENSION],
        "id": made.product_set_id,
        "bbox": [min(x for x, _ in ring), min(y for _, y in ring), max(x for x, _ in ring), max(y for _, y in ring)],
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {
            "datetime": None if span else _text(created),
            **({"start_datetime": span["start_time"], "end_datetime": span["end_time"]} if span else {}),
            "created": _text(created),
            "ssys:targets": ["Moon"],
            "ssys:target_class": "satellite",
            "proj:epsg": None,
            "proj:code": made.crs,
            "proj:shape": [made.height_px, made.width_px],
            "proj:bbox": [made.x_min_m, y_min_m, x_max_m, made.y_max_m],
            "proj:transform": [made.pixel_size_m, 0.0, made.x_min_m, 0.0, -made.pixel_size_m, made.y_max_m],
            "malapert:provenance": made.provenance.model_dump(mode="json") if made.provenance else None,
        },
        "assets": {str(file.layer).lower(): _asset(file, address) for file in made.files if file.layer},
        "links": [{"rel": "self", "href": f"{address}/stac", "type": "application/geo+json"}],
    }


def _asset(file: ProductFile, address: str) -> dict[str, Any]:
    return {
        "href": f"{address}/files/{file.layer}",
        "title": file.title,
        "description": file.description,
        "type": COG_MEDIA_TYPE,
        "roles": ["data"],
        "file:size": file.size_bytes,
        "raster:bands": [
            {
                "data_type": "float32",
                "nodata": "nan",
                "unit": file.unit,
                "statistics": {"minimum": file.lowest, "maximum": file.highest, "mean": file.mean},
            }
        ],
    }


def _ring(longitudes: list[float], latitudes: list[float]) -> list[list[float]]:
    """Return the corners counter-clockwise and closed, their longitudes turned next to each other."""
    turned = [longitudes[0] + (value - longitudes[0] + 180.0) % 360.0 - 180.0 for value in longitudes]
    points = [[x, y] for x, y in zip(turned, latitudes, strict=True)]
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, points[1:] + points[:1], strict=True))
    points = points if area > 0.0 else points[::-1]
    return [*points, points[0]]


def _cap(latitudes: list[float]) -> list[list[float]]:
    """Return the cap around the pole down to the farthest latitude."""
    south = latitudes[0] < 0.0
    low, high = (-90.0, max(latitudes)) if south else (min(latitudes), 90.0)
    return [[-180.0, low], [180.0, low], [180.0, high], [-180.0, high], [-180.0, low]]


def _text(time: Any) -> str | None:
    return None if time is None else time.isoformat().replace("+00:00", "Z")
