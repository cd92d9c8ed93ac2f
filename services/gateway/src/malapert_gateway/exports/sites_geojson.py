"""Ranked sites of a plan or a search as GeoJSON in lunar longitude and latitude."""

from collections.abc import Iterable
from typing import Any

from malapert_http_models.contracts.landing_site import Site, SiteSearch
from malapert_http_models.contracts.planner import Plan
from malapert_http_models.contracts.vocabulary import Provenance

from malapert_gateway.exports.lunar_grid import GEOGRAPHIC, urn

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
    chosen_id = None if plan.site is None else plan.site.site_id
    return {
        **_collection(plan.provenance),
        "plan_id": plan.plan_id,
        "mission_id": plan.mission_id,
        "content_hash": plan.content_hash,
        "features": [_feature(site, chosen=site.site_id == chosen_id) for site in ranked(plan_sites(plan))],
    }


def plan_sites(plan: Plan) -> list[Site]:
    """Return the chosen site of a plan and its alternatives."""
    return [site for site in (plan.site, *plan.alternative_sites) if site is not None]


def ranked(sites: Iterable[Site]) -> list[Site]:
    """Return sites in the order of their ranks."""
    return sorted(sites, key=lambda site: site.rank)


def search_geojson(search: SiteSearch) -> dict[str, Any]:
    """Return a feature collection of the sites of a search, best rank first.

    Parameters
    ----------
    search
        A search with its sites.
    """
    return {
        **_collection(search.provenance),
        "site_search_id": search.site_search_id,
        "features": [_feature(site) for site in ranked(search.sites)],
    }


def _collection(provenance: Provenance | None) -> dict[str, Any]:
    terrain = [] if provenance is None else [i for i in provenance.inputs if i.kind.startswith("terrain")]
    return {
        "type": "FeatureCollection",
        # RFC 7946 knows the Earth's WGS 84 only; the older `crs` member says that these are lunar coordinates.
        "crs": {"type": "name", "properties": {"name": urn(GEOGRAPHIC)}},
        "crs_note": _NOTE,
        "terrain": {
            "synthetic": None if provenance is None else provenance.synthetic_terrain,
            "inputs": [record.model_dump(mode="json") for record in terrain],
            "notes": [] if provenance is None else provenance.notes,
        },
    }


def _feature(site: Site, **more: Any) -> dict[str, Any]:
    values = site.model_dump(mode="json", exclude={"point"})
    point = site.point
    return {
        "type": "Feature",
        "id": site.site_id,
        "geometry": {"type": "Point", "coordinates": [point.longitude_deg, point.latitude_deg, point.elevation_m]},
        "properties": {**values, **more},
    }
