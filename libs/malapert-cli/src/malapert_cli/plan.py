"""The command `malapert plan make`: a mission file in, a validated plan, a report and the agencies' files out."""

import json
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from malapert_cli.mission_file import hand_in
from malapert_cli.numbers import duration_s, whole_number
from malapert_cli.options import Place, asking
from malapert_cli.progress import follow
from malapert_cli.summary import print_summary
from malapert_cli.terminal import console
from malapert_cli.terrain.upload import upload_terrain

if TYPE_CHECKING:
    from malapert_client import Client


class SolvePriority(StrEnum):
    """Priority of a solve in the queue."""

    URGENT = "urgent"
    ROUTINE = "routine"
    BACKGROUND = "background"


@asking
def make(
    mission: Annotated[Path, typer.Argument(help="mission file, YAML or JSON", exists=True, dir_okay=False)],
    terrain: Annotated[
        list[Path] | None,
        typer.Option(help="DEM file, or zip of an image and its label; repeatable", exists=True, dir_okay=False),
    ] = None,
    out: Annotated[Path, typer.Option(help="directory of the results")] = Path("out"),
    seed: Annotated[int, typer.Option(parser=whole_number, metavar="INTEGER", help="seed of the solver")] = 1,
    work_limit: Annotated[
        float,
        typer.Option(
            parser=duration_s,
            metavar="SECONDS",
            help="deterministic work limit of the solver, s; 0 takes the mission's",
        ),
    ] = 0.0,
    priority: Annotated[SolvePriority, typer.Option(help="when the solve is taken from the queue")] = (
        SolvePriority.ROUTINE
    ),
    *,
    place: Place,
) -> None:
    """Plan a mission and write plan.json, plan.ics, sites.geojson, report.html and its pictures."""
    with place.client() as client:
        prepare(out)
        result = make_plan(client, mission, terrain or [], seed, work_limit, priority)
        write_results(client, result, out)


def prepare(out: Path) -> None:
    """Make the directory of the results, and fail now where it cannot be written, not after the solve."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=out):
        pass


def make_plan(
    client: "Client",
    mission_file: Path,
    terrains: list[Path],
    seed: int,
    work_limit_s: float,
    priority: SolvePriority = SolvePriority.ROUTINE,
) -> dict[str, Any]:
    """Bring the mission and its terrains in, have a plan made, and return it as the platform tells it."""
    from malapert_http_models.contracts.planner import GeneratePlanRequest
    from malapert_http_models.contracts.planner import SolvePriority as Priority

    mission = hand_in(client, mission_file)
    console.print(f"mission {mission.mission_id} version {mission.version}: {mission.title}")
    registered = [upload_terrain(client, path) for path in terrains]
    for each in registered:
        console.print(f"terrain {each.title}: {each.width_px} × {each.height_px} px of {each.pixel_size_m:g} m")
    wanted = GeneratePlanRequest(
        mission_id=mission.mission_id,
        mission_version=mission.version,
        terrain_ids=[each.terrain_id for each in registered],
        seed=seed,
        work_limit_s=work_limit_s,
        priority=Priority(priority.upper()),
    )
    made: dict[str, Any] = client.plain(
        "get_plan", path={"plan_id": follow(client.generate_plan(wanted), console).result_id}
    )
    return made


def write_results(client: "Client", plan: dict[str, Any], out: Path) -> None:
    """Print the summary and write every file; the plan is written as the platform told it."""
    from malapert_client.reading import read_plain

    from malapert_cli.report.write import write_report

    told = read_plain("planner.Plan", plan)
    print_summary(told, console)
    out.mkdir(parents=True, exist_ok=True)
    (out / "plan.json").write_text(json.dumps(plan, indent=2), encoding="utf-8")
    sites = [("sites.geojson", "geojson-sites")] if told.site else []
    for name, export in (("plan.ics", "ics"), *sites):
        (out / name).write_bytes(client.export_plan(told.plan_id, format=export))
    report = write_report(client, plan, out)
    console.print(f"wrote {', '.join(str(path) for path in sorted(out.iterdir()) if path.is_file())}")
    console.print(f"open {report}")
