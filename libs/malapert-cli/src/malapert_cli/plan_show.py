"""The command `malapert plan show`: what a flight director reads first of a plan."""

import json
from pathlib import Path
from typing import Annotated

import typer

from malapert_cli.options import Agency, AsJson, Key, Profile, Role, Url, open_client
from malapert_cli.terminal import console
from malapert_cli.verbs.printing import print_json


def show(
    plan: Annotated[str, typer.Argument(help="identifier of the plan")],
    out: Annotated[Path | None, typer.Option(help="file that the plan is written to, as JSON")] = None,
    as_json: AsJson = False,
    url: Url = None,
    key: Key = None,
    agency: Agency = None,
    role: Role = None,
    profile: Profile = None,
) -> None:
    """Show a plan: sites, windows, what is planned and what is not and why, resources, its proof and its margins."""
    from malapert_client.reading import read_plain

    from malapert_cli.summary import print_summary

    with open_client(url, key, agency, role, profile, usual_role="PLANNER") as client:
        told = client.plain("get_plan", path={"plan_id": plan})
    if out:
        out.write_text(json.dumps(told, indent=2), encoding="utf-8")
    if as_json:
        print_json(told)
    elif not out:
        print_summary(read_plain("planner.Plan", told), console)
        console.print(f"state {told['state'].lower()}")
