"""Writes the pictures, and the page that holds them all in one file."""

import base64
from pathlib import Path
from typing import Any

from malapert_client import Client
from malapert_client.reading import read_plain
from malapert_client.widget.data import timeline_data

from malapert_cli.margins import figure_rows, margin_rows, planned_margins
from malapert_cli.products import product_rows
from malapert_cli.report.data import ReportData, fetch
from malapert_cli.report.figures import CONFIDENCES, count_by_confidence
from malapert_cli.report.maps import draw_map
from malapert_cli.report.page import has_script, png_of, render_page
from malapert_cli.report.resources import draw_resources
from malapert_cli.report.robustness import newest_robustness
from malapert_cli.report.shares import agency_rows
from malapert_cli.report.sky import draw_sky
from malapert_cli.report.timeline import draw_close_up, draw_timeline

PICTURES = (
    ("timeline", "When", draw_timeline),
    ("close-up", "A week close up", draw_close_up),
    ("resources", "What is held, filled and used up", draw_resources),
)

DRAWN_BY_SCRIPT = {name for name, _, _ in PICTURES}
"""Pictures whose content the page's timeline shows; they stay files beside it."""


def write_report(client: Client, plan: dict[str, Any], out: Path) -> Path:
    """Write report.html and its pictures as PNG files into a directory; returns the page's path."""
    data = fetch(client, plan)
    drawn = [(name, title, draw(data)) for name, title, draw in PICTURES]
    if data.ground is not None:
        ground = data.ground
        drawn = [("map", "Where", draw_map(data, ground)), ("sky", "Light and Earth", draw_sky(ground)), *drawn]
    pictures = []
    for name, title, figure in drawn:
        png = png_of(figure)
        (out / f"{name}.png").write_bytes(png)
        if name not in DRAWN_BY_SCRIPT or not has_script():
            pictures.append({"title": title, "name": name, "data": base64.b64encode(png).decode()})
    page = out / "report.html"
    page.write_text(_page(client, data, pictures), encoding="utf-8")
    return page


def _page(client: Client, data: ReportData, pictures: list[dict[str, str]]) -> str:
    told = read_plain("planner.Plan", data.plan)
    return render_page(
        "report.html.j2",
        timeline_data([data.plan], [*data.windows, *data.light], data.stations),
        plan=data.plan,
        pictures=pictures,
        products=product_rows(told),
        margins=margin_rows(told.validation, data.start_time),
        built_with=planned_margins(told.margins),
        plan_figures=figure_rows(told.validation),
        shares=agency_rows(data.plan),
        robustness=newest_robustness(client, told.plan_id, data.start_time),
        figures=data.figures,
        counts=count_by_confidence(data.figures),
        confidences=CONFIDENCES,
    )
