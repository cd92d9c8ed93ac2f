"""The command `malapert plan report`: the report of any stored plan, made anew from what the platform holds."""

from pathlib import Path
from typing import Annotated

import typer

from malapert_cli.options import Place, asking
from malapert_cli.plan import prepare, write_results


@asking
def report(
    plan: Annotated[str, typer.Argument(help="identifier of the plan: made, replanned, edited or imported")],
    out: Annotated[Path, typer.Option(help="directory of the results")] = Path("out"),
    *,
    place: Place,
) -> None:
    """Write plan.json, plan.ics, sites.geojson, report.html and its pictures of a stored plan."""
    prepare(out)
    with place.client() as client:
        write_results(client, client.plain("get_plan", path={"plan_id": plan}), out)
