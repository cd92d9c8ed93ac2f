"""The command `malapert check`: validation of mission files, with all of their faults."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from malapert_cli.api import Api
from malapert_cli.connection import find_connection
from malapert_cli.mission_file import MissionFileError, hand_in
from malapert_cli.report.figures import CONFIDENCES, count_by_confidence, figures_of
from malapert_cli.terminal import console, refusals

if TYPE_CHECKING:
    from malapert_http_models.contracts.planner import Mission


def check(
    missions: Annotated[list[Path], typer.Argument(help="mission files, YAML or JSON", exists=True, dir_okay=False)],
    url: Annotated[str | None, typer.Option(help="address of the platform")] = None,
    key: Annotated[str | None, typer.Option(help="key shown to the platform")] = None,
    agency: Annotated[str | None, typer.Option(help="agency whose key is taken from the keys file")] = None,
) -> None:
    """Check mission files whole and store nothing; each fault is told with its line."""
    refused = False
    with Api(find_connection(url, key, agency, "PLANNER")) as api:
        for path in missions:
            try:
                console.print(_summary(path, hand_in(api, path, validate_only=True)), soft_wrap=True)
            except MissionFileError as error:
                refused = True
                refusals.print(str(error), style="red")
    if refused:
        raise typer.Exit(1)


def _summary(path: Path, mission: "Mission") -> str:
    document = mission.document or {}
    parts = ("agencies", "assets", "instruments", "activity_types", "requests")
    counts = [f"{part.replace('_', ' ')} {len(document[part])}" for part in parts if document.get(part)]
    trust = count_by_confidence(figures_of(document))
    figures = [f"{CONFIDENCES[confidence]} {count}" for confidence, count in trust.items()]
    return f"{path}: valid; {', '.join(counts)}; figures by trust: {', '.join(figures)}"
