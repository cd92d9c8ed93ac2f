"""A referee of drives that shares nothing with the planner: SPICE over skylines, point by point and by the minute.

What it is told is the plan as it is published, the skylines at the points of its routes, and the stations' positions.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sky import Sky, ephemeris_s, seen_km, station_km

STEP_S = 60.0
SLACK_DEG = 0.01
"""Skylines of the profiles and of the routes are cast apart, to single precision."""


@dataclass(frozen=True)
class Breach:
    """What was missing of a drive at which point, and by how much, degrees."""

    drive: str
    point: int
    what: str
    short_deg: float


class WayReferee:
    """Looks at every drive of a plan at the planned pace and at a slower one, at every point between its neighbours."""

    def __init__(self, sky: Sky, stations: dict[str, Any], plan: dict[str, Any], pace: float) -> None:
        self._sky, self._stations, self._plan, self._pace = sky, stations, plan, pace

    def breaches(self, dark_places: tuple[str, ...]) -> tuple[list[Breach], int]:
        """Return what is missing on drives, and how many points of drives were looked at."""
        routes = {(r["from_waypoint_id"], r["to_waypoint_id"]): r for r in self._plan["routes"]}
        found, looked = [], 0
        for drive in (item for item in self._plan["activities"] if item["kind"] == "DRIVE"):
            ends = (drive["place_id"], drive["to_place_id"])
            route, start = routes[ends], _instant(drive["interval"]["start_time"])
            length_s = (_instant(drive["interval"]["end_time"]) - start).total_seconds()
            is_dark = not set(ends).isdisjoint(dark_places)
            for number, offset_s in enumerate(route["path_offset_s"]):
                looked += 1
                before_s = route["path_offset_s"][max(number - 1, 0)]
                after_s = route["path_offset_s"][min(number + 1, len(route["path"]) - 1)] * self._pace
                times = np.arange(before_s, max(min(after_s, length_s), offset_s) + 1.0, STEP_S)
                name = f"{ends[0]}->{ends[1]}@{drive['interval']['start_time']}"
                for what, short_deg in self._missing(route["path"][number], start, times, is_dark=is_dark):
                    found.append(Breach(name, number, what, short_deg))
        return found, looked

    def _missing(self, point: dict[str, float], start: datetime, times: np.ndarray, *, is_dark: bool) -> Any:
        first = ephemeris_s(start)
        if not is_dark:
            above, radius_deg = self._sky.above("light", point, seen_km("SUN", first + times))
            if (short := float((above + radius_deg + SLACK_DEG).min())) < 0.0:
                yield "light", short
        for contact in self._plan["contacts"]:
            held = [
                (_instant(contact["interval"][edge]) - start).total_seconds() for edge in ("start_time", "end_time")
            ]
            during = times[(times >= held[0]) & (times < held[1])]
            if not len(during):
                continue
            station = self._stations[contact["station_id"]]
            above, _ = self._sky.above("station", point, station_km(station, first + during))
            if (short := float((above + SLACK_DEG).min())) < 0.0:
                yield contact["station_id"], short
        covered = [
            any(
                _instant(c["interval"]["start_time"]) <= at < _instant(c["interval"]["end_time"])
                for c in self._plan["contacts"]
            )
            for at in (datetime.fromtimestamp(start.timestamp() + t, start.tzinfo) for t in times[:-1])
        ]
        if not all(covered):
            yield "contact", -1.0


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
