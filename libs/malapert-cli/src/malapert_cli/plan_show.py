"""The command `malapert plan show`: what a flight director reads first of a plan."""

import json
from pathlib import Path
from typing import Annotated

import typer

from malapert_cli.options import AsJson, Place, asking
from malapert_cli.terminal import console
from malapert_cli.verbs.printing import print_json


@asking
def show(
    plan: Annotated[str, typer.Argument(help="identifier of the plan")],
    out: Annotated[Path | None, typer.Option(help="file that the plan is written to, as JSON")] = None,
    as_json: AsJson = False,
    *,
    place: Place,
) -> None:
    """Show a plan: sites, windows, what is planned and what is not and why, resources, its proof and its margins."""
    from malapert_client.reading import read_plain

    from malapert_cli.summary import print_summary

    with place.client() as client:
        told = client.plain("get_plan", path={"plan_id": plan})
    if out:
        out.write_text(json.dumps(told, indent=2), encoding="utf-8")
    if as_json:
        print_json(told)
    elif not out:
        print_summary(read_plain("planner.Plan", told), console)
        console.print(f"state {told['state'].lower()}")
