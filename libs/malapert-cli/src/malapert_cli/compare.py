"""The command `malapert plan compare`: two plans of a mission side by side, on a page of its own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from malapert_client.reading import read_plain
from malapert_client.widget.data import stations_of
from rich.table import Table

from malapert_cli.options import Place, asking
from malapert_cli.terminal import console

if TYPE_CHECKING:
    from malapert_http_models.contracts.planner import PlanComparison


@asking
def compare(
    plan: Annotated[str, typer.Argument(help="identifier of the first plan")],
    other: Annotated[str, typer.Argument(help="identifier of the other one, such as a branch of it")],
    out: Annotated[Path, typer.Option(help="file of the page")] = Path("out/comparison.html"),
    *,
    place: Place,
) -> None:
    """Print what two plans are worth and take, and write a page with both timelines, resources and every change."""
    from malapert_cli.report.comparison import write_comparison

    out.parent.mkdir(parents=True, exist_ok=True)
    with place.client() as client:
        plans = tuple(client.plain("get_plan", path={"plan_id": each}) for each in (plan, other))
        query = {"other_plan_id": other}
        comparison = client.plain("compare_plans", path={"plan_id": plan}, query=query)
        stations = stations_of(client, plans)
    compared = read_plain("planner.PlanComparison", comparison)
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
