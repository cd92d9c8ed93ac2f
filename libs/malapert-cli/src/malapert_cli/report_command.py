"""The command `malapert report`: the report of any stored plan, made anew from what the platform holds."""

from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from malapert_cli.api import Api
from malapert_cli.connection import find_connection
from malapert_cli.plan import prepare, write_results


def report(
    plan: Annotated[str, typer.Argument(help="identifier of the plan: made, replanned, edited or imported")],
    out: Annotated[Path, typer.Option(help="directory of the results")] = Path("out"),
    url: Annotated[str | None, typer.Option(help="address of the platform")] = None,
    key: Annotated[str | None, typer.Option(help="key shown to the platform")] = None,
    agency: Annotated[str | None, typer.Option(help="agency whose key is taken from the keys file")] = None,
) -> None:
    """Write plan.json, plan.ics, sites.geojson, report.html and its pictures of a stored plan."""
    prepare(out)
    with Api(find_connection(url, key, agency, "PLANNER")) as api:
        write_results(api, api.get(f"/plans/{quote(plan, safe='')}"), out)
