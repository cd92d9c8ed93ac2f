"""Ranked sites as a table (CSV, RFC 4180)."""

import csv
import io
from collections.abc import Sequence

from malapert_gateway.models.site import Site, SiteMetrics

_COLUMNS = (
    "rank", "site_id", "longitude_deg", "latitude_deg", "elevation_m", "x_m", "y_m", "score", "first_chance",
    "top_three_chance", "mean_rank", "on_pareto_front",
)  # fmt: skip
_METRICS = tuple(SiteMetrics.model_fields)


def sites_csv(sites: Sequence[Site]) -> bytes:
    """Return the sites in the order of their ranks, one a line; units are in the columns' names."""
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow([*_COLUMNS, *_METRICS, "explanation"])
    for site in sorted(sites, key=lambda site: site.rank):
        place, grid, metrics = site.point, site.grid_point, site.metrics
        table.writerow(
            [
                site.rank, site.site_id, place.longitude_deg, place.latitude_deg, place.elevation_m,
                grid.x_m if grid else "", grid.y_m if grid else "", site.score, site.first_chance,
                site.top_three_chance, site.mean_rank, site.on_pareto_front,
                *(getattr(metrics, name) if metrics else "" for name in _METRICS), site.explanation,
            ]
        )  # fmt: skip
    return text.getvalue().encode()
