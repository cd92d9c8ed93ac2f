"""The rules of SatNet as published, read from its own files alone: nothing here comes from Malapert.

A solution is a list of rows, one an antenna: RESOURCE, SC (the request's subject), START_TIME, TRACKING_ON,
TRACKING_OFF, END_TIME (seconds since the epoch) and TRACK_ID (the request). Rows of one request with the same tracking
are one track of the antennas together, an array.

    python benchmarks/satnet_rules.py DATA WEEK FILE

names rules that a solution breaks, or scores it.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

WEEK_S = 180 * 3600
"""A week is counted from Monday 00:00 UTC on for 180 hours."""
APART_S = 1
"""The replay of the published simulator wants this between activities on an antenna and at both ends of the week."""
SPLIT_FROM_S, LEAST_PIECE_S = 8 * 3600, 4 * 3600
COLUMNS = ("RESOURCE", "SC", "START_TIME", "TRACKING_ON", "TRACKING_OFF", "END_TIME", "TRACK_ID")
TIMES = COLUMNS[2:6]
MOST_NAMED = 50

Span = tuple[int, int]


@dataclass(frozen=True)
class Week:
    """A week's requests as published, and the down times of antennas in it."""

    name: str
    horizon: Span
    requests: tuple[dict, ...]
    down: dict[str, list[Span]]


@dataclass(frozen=True)
class Worth:
    """Hours tracked of those asked for, requests satisfied, and of the missions' shares not given rms and maximum."""

    hours: float
    satisfied: int
    u_rms: float
    u_max: float


def week_names(folder: Path) -> list[str]:
    """Return the weeks that a data folder holds."""
    return list(json.loads((folder / "problems.json").read_text()))


def read_week(folder: Path, name: str) -> Week:
    """Read a week's requests, and every down time that overlaps it, whatever week that is filed under."""
    weeks = json.loads((folder / "problems.json").read_text())
    if name not in weeks:
        raise SystemExit(f"{name} is not in {folder / 'problems.json'}, which holds {', '.join(weeks)}")
    start, end = horizon(name)
    down: dict[str, list[Span]] = defaultdict(list)
    for row in csv.DictReader((folder / "maintenance.csv").read_text().splitlines()):
        low, high = round(float(row["starttime"])), round(float(row["endtime"]))
        if max(low, start) < min(high, end):
            down[row["antenna"]].append((low, high))
    return Week(name, (start, end), tuple(weeks[name]), {a: sorted(spans) for a, spans in down.items()})


def horizon(name: str) -> Span:
    """Return when a week, named like W10_2018, begins and ends."""
    number, year = name.removeprefix("W").split("_")
    monday = datetime.fromisocalendar(int(year), int(number), 1).replace(tzinfo=UTC)
    return int(monday.timestamp()), int(monday.timestamp()) + WEEK_S


def broken(week: Week, rows: list[dict]) -> list[str]:
    """Return every rule that a solution breaks, in words."""
    requests = {request["track_id"]: request for request in week.requests}
    found, sound = [], []
    for index, row in enumerate(rows):
        wrong = _form(row, requests)
        found += [f"row {index}: {text}" for text in wrong]
        if not wrong:
            sound.append(row)
            found += [f"row {index}: {text}" for text in _row(week, row, requests[row["TRACK_ID"]])]
    for track_id, tracks in _tracks(sound).items():
        found += [f"{track_id}: {text}" for text in _request(requests[track_id], tracks)]
    return found + _antennas(sound) + _missions(sound)


def _form(row: dict, requests: dict[str, dict]) -> list[str]:
    if not isinstance(row, dict) or set(row) != set(COLUMNS):
        return [f"it must have {', '.join(COLUMNS)}"]
    found = [f"{key} is {row[key]!r}, no whole second" for key in TIMES if type(row[key]) is not int]
    if row["TRACK_ID"] not in requests:
        return [*found, f"{row['TRACK_ID']} was not asked for"]
    if str(row["SC"]) != str(requests[row["TRACK_ID"]]["subject"]):
        found.append(f"SC is {row['SC']}, but {row['TRACK_ID']} is asked for by {requests[row['TRACK_ID']]['subject']}")
    return found


def _row(week: Week, row: dict, request: dict) -> list[str]:
    found = []
    if row["TRACKING_ON"] - row["START_TIME"] != round(request["setup_time"] * 60):
        found.append(f"set-up takes {row['TRACKING_ON'] - row['START_TIME']} s")
    if row["END_TIME"] - row["TRACKING_OFF"] != round(request["teardown_time"] * 60):
        found.append(f"teardown takes {row['END_TIME'] - row['TRACKING_OFF']} s")
    start, end = row["START_TIME"], row["END_TIME"]
    if start < week.horizon[0] + APART_S or end > week.horizon[1] - APART_S:
        found.append(f"[{start}, {end}] is not within the week")
    for low, high in week.down.get(row["RESOURCE"], ()):
        if start < high + APART_S and end + APART_S > low:
            found.append(f"{row['RESOURCE']} is down from {low} to {high}")
    return found


def _tracks(rows: list[dict]) -> dict[str, list[tuple[Span, list[str]]]]:
    """Return each request's tracks: when, and on which antennas together."""
    antennas: dict[tuple[str, Span], list[str]] = defaultdict(list)
    for row in rows:
        antennas[row["TRACK_ID"], (row["TRACKING_ON"], row["TRACKING_OFF"])].append(row["RESOURCE"])
    tracks: dict[str, list[tuple[Span, list[str]]]] = defaultdict(list)
    for (track_id, span), together in antennas.items():
        tracks[track_id].append((span, together))
    return tracks


def _request(request: dict, tracks: list[tuple[Span, list[str]]]) -> list[str]:
    found = []
    duration, least = round(request["duration"] * 3600), round(request["duration_min"] * 3600)
    total = sum(off - on for (on, off), _ in tracks)
    if not least <= total <= duration:
        found.append(f"{total} s in all, asked for are {least} to {duration}, or nothing")
    if len(tracks) > 1:
        if duration < SPLIT_FROM_S:
            found.append(f"split into {len(tracks)}; only requests of {SPLIT_FROM_S} s or more may be")
        found += [f"a piece of {off - on} s" for (on, off), _ in tracks if off - on < LEAST_PIECE_S]
    for (on, off), together in tracks:
        views = [
            (view["TRX ON"], view["TRX OFF"])
            for antennas, periods in request["resource_vp_dict"].items()
            if sorted(antennas.split("_")) == sorted(together)
            for view in periods
        ]
        if not any(low <= on and off <= high for low, high in views):
            found.append(f"[{on}, {off}] is in no view period of {'_'.join(together)}")
    return found


def _antennas(rows: list[dict]) -> list[str]:
    found = []
    of_antenna: dict[str, list[dict]] = defaultdict(list)
    for row in rows:
        of_antenna[row["RESOURCE"]].append(row)
    for antenna, taken in of_antenna.items():
        for one, other in combinations(taken, 2):
            if one["START_TIME"] < other["END_TIME"] + APART_S and other["START_TIME"] < one["END_TIME"] + APART_S:
                found.append(f"{antenna}: {one['TRACK_ID']} and {other['TRACK_ID']} overlap")
    return found


def _missions(rows: list[dict]) -> list[str]:
    found = []
    of_mission: dict[str, list[dict]] = defaultdict(list)
    for row in rows:
        of_mission[str(row["SC"])].append(row)
    for mission, taken in of_mission.items():
        for one, other in combinations(taken, 2):
            array = all(one[key] == other[key] for key in (*TIMES, "TRACK_ID"))
            apart = one["START_TIME"] >= other["END_TIME"] or other["START_TIME"] >= one["END_TIME"]
            if one["RESOURCE"] != other["RESOURCE"] and not array and not apart:
                found.append(f"mission {mission}: {one['TRACK_ID']} and {other['TRACK_ID']} at once")
    return found


def worth(week: Week, rows: list[dict]) -> Worth:
    """Return what a solution that breaks no rule is worth."""
    tracked = {track_id: sum(off - on for (on, off), _ in tracks) / 3600 for track_id, tracks in _tracks(rows).items()}
    asked: dict[str, float] = defaultdict(float)
    given: dict[str, float] = defaultdict(float)
    satisfied = 0
    for request in week.requests:
        hours = tracked.get(request["track_id"], 0.0)
        asked[request["subject"]] += request["duration"]
        given[request["subject"]] += min(hours, request["duration"])
        satisfied += hours >= request["duration_min"] - 0.5 / 3600
    lacking = [1 - given[mission] / asked[mission] for mission in asked]
    rms = math.sqrt(sum(share**2 for share in lacking) / max(1, len(lacking)))
    return Worth(sum(given.values()), satisfied, rms, max(lacking, default=0.0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder that holds problems.json and maintenance.csv")
    parser.add_argument("week")
    parser.add_argument("file", type=Path)
    options = parser.parse_args()
    week, rows = read_week(options.data, options.week), json.loads(options.file.read_text())
    if found := broken(week, rows):
        raise SystemExit("\n".join([*found[:MOST_NAMED], f"{len(found)} rules broken"]))
    value = worth(week, rows)
    shares = f"U_rms {value.u_rms:.4f}, U_max {value.u_max:.4f}"
    print(f"{week.name}: {value.hours:.1f} h, {value.satisfied} satisfied, {shares}")


if __name__ == "__main__":
    main()
