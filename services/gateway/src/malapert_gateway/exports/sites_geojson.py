"""A plan's ranked sites as GeoJSON in lunar longitude and latitude."""

from typing import Any

from malapert_gateway.models.plan import Plan
from malapert_gateway.models.site import Site

# RFC 7946 knows the Earth's WGS 84 only; the older `crs` member says that these are lunar coordinates.
LUNAR_CRS = "IAU_2015:30100"
_NOTE = (
    "Longitude (east positive) and latitude in degrees on the lunar sphere of 1,737,400 m (MOON_ME, IAU_2015:30100), "
    "elevation in metres above it; not WGS 84."
)


def sites_geojson(plan: Plan) -> dict[str, Any]:
    """Return a feature collection of the chosen site and its alternatives, best rank first.

    Parameters
    ----------
    plan
        A plan with its sites.
    """
    sites = [site for site in (plan.site, *plan.alternative_sites) if site is not None]
    chosen_id = None if plan.site is None else plan.site.site_id
    terrain = [] if plan.provenance is None else [i for i in plan.provenance.inputs if i.kind.startswith("terrain")]
    return {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": f"urn:ogc:def:crs:{LUNAR_CRS.replace(':', '::')}"}},
        "crs_note": _NOTE,
        "plan_id": plan.plan_id,
        "mission_id": plan.mission_id,
        "terrain": {
            "synthetic": None if plan.provenance is None else plan.provenance.synthetic_terrain,
            "inputs": [record.model_dump(mode="json") for record in terrain],
            "notes": [] if plan.provenance is None else plan.provenance.notes,
        },
        "features": [_feature(site, site.site_id == chosen_id) for site in sorted(sites, key=lambda site: site.rank)],
    }


def _feature(site: Site, chosen: bool) -> dict[str, Any]:
    values = site.model_dump(mode="json", exclude={"point"})
    point = site.point
    return {
        "type": "Feature",
        "id": site.site_id,
        "geometry": {"type": "Point", "coordinates": [point.longitude_deg, point.latitude_deg, point.elevation_m]},
        "properties": {**values, "chosen": chosen},
    }
