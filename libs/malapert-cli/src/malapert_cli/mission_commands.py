"""The commands `malapert mission check` and `mission create`: mission files, with all of their faults."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from malapert_cli.mission_file import MissionFileError, check_here, hand_in, submit
from malapert_cli.options import AsJson, Place, asking
from malapert_cli.report.figures import CONFIDENCES, count_by_confidence, figures_of
from malapert_cli.terminal import console, refusals
from malapert_cli.verbs.printing import print_json, print_thing

if TYPE_CHECKING:
    from malapert_client import Client

PARTS = ("agencies", "assets", "instruments", "activity_types", "requests")


@asking
def check(
    missions: Annotated[list[Path], typer.Argument(help="mission files, YAML or JSON", exists=True, dir_okay=False)],
    here: Annotated[bool, typer.Option("--here", help="ask no platform")] = False,
    *,
    place: Place,
) -> None:
    """Check mission files whole and store nothing; each fault is told with its line.

    Where a platform is named, or one was started here, it checks what only it knows as well: stations, orbits and the
    catalogue. Without one the document is checked on this machine.
    """
    client = None if here else _client_where_there_is_one(place)
    refused = False
    for path in missions:
        try:
            document = check_here(path) if client is None else hand_in(client, path, validate_only=True).document
            console.print(_summary(path, document or {}, is_whole=client is not None), soft_wrap=True)
        except MissionFileError as error:
            refused = True
            refusals.print(str(error), style="red")
    if client is not None:
        client.close()
    if refused:
        raise typer.Exit(1)


@asking
def create(
    mission: Annotated[Path, typer.Argument(help="mission file, YAML or JSON", exists=True, dir_okay=False)],
    as_json: AsJson = False,
    *,
    place: Place,
) -> None:
    """Hand a mission file in: its next version, or a proposal to its owner; each fault is told with its line."""
    with place.client() as client:
        taken = submit(client, mission).model_dump(mode="json")
    if as_json:
        print_json(taken)
    else:
        print_thing({name: value for name, value in taken.items() if name != "document"})


def _client_where_there_is_one(place: Place) -> "Client | None":
    """Return a client of what is named; of nothing named, of the platform that was started here, if there is one."""
    from malapert_client import UnreachableError
    from malapert_client.connection import NoKeyError

    is_named = place.is_named or bool(os.environ.get("MALAPERT_URL"))
    try:
        client = place.client()
    except NoKeyError as error:
        if is_named or not isinstance(error.__cause__, FileNotFoundError):
            raise
        return None
    if not is_named:
        try:
            client.get_liveness()
        except UnreachableError:
            client.close()
            return None
    return client


def _summary(path: Path, document: dict[str, Any], *, is_whole: bool) -> str:
    counts = [f"{part.replace('_', ' ')} {len(document[part])}" for part in PARTS if document.get(part)]
    trust = count_by_confidence(figures_of(document))
    figures = [f"{CONFIDENCES[confidence]} {count}" for confidence, count in trust.items()]
    where = "" if is_whole else " as far as can be told without a platform"
    return f"{path}: valid{where}; {', '.join(counts)}; figures by trust: {', '.join(figures)}"
