"""Ranked sites as a table (CSV, RFC 4180)."""

from collections.abc import Sequence

from malapert_http_models.contracts.landing_site import Site, SiteMetrics

from malapert_gateway.exports.csv_table import Value, csv_table
from malapert_gateway.exports.sites_geojson import ranked

_COLUMNS = (
    "rank", "site_id", "longitude_deg", "latitude_deg", "elevation_m", "x_m", "y_m", "score", "first_chance",
    "top_three_chance", "mean_rank", "on_pareto_front",
)  # fmt: skip
_METRICS = tuple(SiteMetrics.model_fields)


def sites_csv(sites: Sequence[Site]) -> bytes:
    """Return the sites in the order of their ranks, one a line; units are in the columns' names."""
    return csv_table((*_COLUMNS, *_METRICS, "explanation"), (_row(site) for site in ranked(sites)))


def _row(site: Site) -> list[Value]:
    place, grid, metrics = site.point, site.grid_point, site.metrics
    return [
        site.rank, site.site_id, place.longitude_deg, place.latitude_deg, place.elevation_m,
        grid.x_m if grid else None, grid.y_m if grid else None, site.score, site.first_chance,
        site.top_three_chance, site.mean_rank, site.on_pareto_front,
        *(getattr(metrics, name) if metrics else None for name in _METRICS), site.explanation,
    ]  # fmt: skip
