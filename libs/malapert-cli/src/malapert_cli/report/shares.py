"""Agencies of a plan as rows: what each asked for, what of it is planned, and its time."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from malapert_client.widget.data import Json

from malapert_cli.report.tokens import agency_colours
from malapert_cli.summary import parse_time


@dataclass(frozen=True, slots=True)
class AgencyRow:
    """An agency with its colour, the worth that it asked for and that is planned, and its steps with their hours."""

    agency_id: str
    colour: str
    requested: float
    planned: float
    share: float
    steps: int
    hours: float


def agency_rows(plan: Json) -> list[AgencyRow]:
    """Return the agencies that asked for something, by name; none where what it is worth is withheld."""
    steps, hours = Counter[str](), defaultdict[str, float](float)
    for item in plan["activities"]:
        steps[item["agency_id"]] += 1
        interval = item["interval"]
        length = parse_time(interval["end_time"]) - parse_time(interval["start_time"])
        hours[item["agency_id"]] += length.total_seconds() / 3600
    shares = plan["objective"]["agency_shares"]
    colours = agency_colours([*(each for each in steps if each), *(share["agency_id"] for share in shares)])
    return [
        AgencyRow(
            share["agency_id"],
            colours[share["agency_id"]],
            share["requested_value"],
            share["planned_value"],
            1.0 - share["unsatisfied_share"],
            steps[share["agency_id"]],
            hours[share["agency_id"]],
        )
        for share in sorted(shares, key=lambda share: str(share["agency_id"]))
    ]
