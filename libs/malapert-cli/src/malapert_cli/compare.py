"""The command `malapert compare`: two plans of a mission side by side, on a page of its own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import typer
from rich.table import Table

from malapert_cli.api import Api, message_of
from malapert_cli.connection import find_connection
from malapert_cli.report.timeline_data import stations_of
from malapert_cli.terminal import console

if TYPE_CHECKING:
    from malapert_http_models.contracts.planner import PlanComparison


def compare(
    plan: Annotated[str, typer.Argument(help="identifier of the first plan")],
    other: Annotated[str, typer.Argument(help="identifier of the other one, such as a branch of it")],
    out: Annotated[Path, typer.Option(help="file of the page")] = Path("out/comparison.html"),
    url: Annotated[str | None, typer.Option(help="address of the platform")] = None,
    key: Annotated[str | None, typer.Option(help="key shown to the platform")] = None,
    agency: Annotated[str | None, typer.Option(help="agency whose key is taken from the keys file")] = None,
) -> None:
    """Print what two plans are worth and take, and write a page with both timelines, resources and every change."""
    from malapert_http_models.contracts.planner import PlanComparison

    from malapert_cli.report.comparison import write_comparison

    out.parent.mkdir(parents=True, exist_ok=True)
    first, second = quote(plan, safe=""), quote(other, safe="")
    with Api(find_connection(url, key, agency, "PLANNER")) as api:
        plans = (api.get(f"/plans/{first}"), api.get(f"/plans/{second}"))
        comparison = api.get(f"/plans/{first}/comparison", other_plan_id=other)
        stations = stations_of(api, plans)
    compared = message_of(PlanComparison, comparison)
    console.print(_figures(compared))
    console.print(f"{len(compared.changes)} items are not in {other} as in {plan}")
    write_comparison(plans, comparison, out, stations)
    console.print(f"open {out}")


def _figures(comparison: "PlanComparison") -> Table:
    table = Table(title=f"{comparison.plan_id} and {comparison.other_plan_id}", title_justify="left")
    for column in ("figure", "first", "other", "difference", "unit"):
        table.add_column(column, justify="left" if column in ("figure", "unit") else "right")
    for row in comparison.figures:
        values = (row.value, row.other_value, row.other_value - row.value)
        table.add_row(row.name, *(f"{value:,.2f}" for value in values), "" if row.unit == "1" else row.unit)
    return table
