"""What is asked when windows are computed, and whether it makes sense."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from malapert_core.errors import Fault, InvalidInputError

from malapert_comms_window.domain.links import LinkTerminal
from malapert_comms_window.domain.stations import Station

MAX_SPAN = timedelta(days=400)
MAX_PLACES = 100
MIN_PROFILE_STEP_S, MAX_PROFILE_STEP_S = 10.0, 86_400.0
TERMINAL_BANDS = ("S", "X", "Ka")


@dataclass(frozen=True, slots=True)
class Place:
    """A place on the Moon: selenographic degrees, metres above the 1,737,400 m sphere."""

    place_id: str
    longitude_deg: float
    latitude_deg: float
    elevation_m: float


@dataclass(frozen=True, slots=True)
class WindowRequest:
    """From where, with which stations, over which span, by which radio."""

    mission_id: str
    terrain_stack_id: str
    places: tuple[Place, ...]
    station_ids: tuple[str, ...]
    start_time: datetime
    end_time: datetime
    terminal: LinkTerminal | None
    array_height_m: float
    antenna_height_m: float
    profile_step_s: float


def check_window_request(
    request: WindowRequest, stations: Mapping[str, Station], allowed: tuple[datetime, datetime]
) -> None:
    """Check a request against the station catalogue and the ephemeris.

    Parameters
    ----------
    request
        What is asked.
    stations
        The catalogue by identifier.
    allowed
        First and last instant that the ephemeris covers.

    Raises
    ------
    InvalidInputError
        ``INVALID_WINDOW_REQUEST`` with every fault.
    """
    faults = [
        *_span_faults(request, allowed),
        *_place_faults(request.places),
        *_station_faults(request, stations),
        *_number_faults(request),
    ]
    if not request.terrain_stack_id:
        faults.append(Fault("terrain_stack_id", "MISSING", "the terrain stack that gives the skylines is needed"))
    if faults:
        raise InvalidInputError("INVALID_WINDOW_REQUEST", f"the request has {len(faults)} faults", faults=faults)


def _span_faults(request: WindowRequest, allowed: tuple[datetime, datetime]) -> Iterable[Fault]:
    start, end = request.start_time, request.end_time
    if not start < end:
        yield Fault("span", "EMPTY_SPAN", f"the span ends at {end.isoformat()}, not after its start")
    elif end - start > MAX_SPAN:
        yield Fault("span", "SPAN_TOO_LONG", f"the span is longer than {MAX_SPAN.days} days")
    for name, time in (("start_time", start), ("end_time", end)):
        if not allowed[0] <= time <= allowed[1]:
            limits = f"{allowed[0].isoformat()} to {allowed[1].isoformat()}"
            yield Fault(f"span.{name}", "OUTSIDE_EPHEMERIS", f"{time.isoformat()} is outside the ephemeris: {limits}")


def _place_faults(places: tuple[Place, ...]) -> Iterable[Fault]:
    if not 1 <= len(places) <= MAX_PLACES:
        yield Fault("places", "WRONG_COUNT", f"1 to {MAX_PLACES} places, not {len(places)}")
    seen: set[str] = set()
    for index, place in enumerate(places):
        path = f"places[{index}]"
        if not place.place_id or place.place_id in seen:
            yield Fault(f"{path}.place_id", "DUPLICATE", f"{place.place_id!r} is empty or there already")
        seen.add(place.place_id)
        if not -180.0 <= place.longitude_deg <= 180.0:
            yield Fault(f"{path}.point.longitude_deg", "OUT_OF_RANGE", f"{place.longitude_deg} is not in -180 to 180")
        if not -90.0 <= place.latitude_deg <= 90.0:
            yield Fault(f"{path}.point.latitude_deg", "OUT_OF_RANGE", f"{place.latitude_deg} is not in -90 to 90")
        if not abs(place.elevation_m) <= 12_000.0:
            yield Fault(f"{path}.point.elevation_m", "OUT_OF_RANGE", f"{place.elevation_m} is no lunar elevation")


def _station_faults(request: WindowRequest, stations: Mapping[str, Station]) -> Iterable[Fault]:
    for index, station_id in enumerate(request.station_ids):
        path = f"station_ids[{index}]"
        if station_id not in stations:
            yield Fault(path, "UNKNOWN_STATION", f"there is no station {station_id!r}")
        elif station_id in request.station_ids[:index]:
            yield Fault(path, "DUPLICATE", f"{station_id!r} is there already")
    if request.station_ids and request.terminal is None:
        yield Fault("terminal", "MISSING", "contact windows need the asset's radio")


def _number_faults(request: WindowRequest) -> Iterable[Fault]:
    step = request.profile_step_s
    if not MIN_PROFILE_STEP_S <= step <= MAX_PROFILE_STEP_S:
        limits = f"{MIN_PROFILE_STEP_S:g} to {MAX_PROFILE_STEP_S:g} seconds"
        yield Fault("profile_step_s", "OUT_OF_RANGE", f"{step} is not in {limits}")
    for name in ("array_height_m", "antenna_height_m"):
        height_m = getattr(request, name)
        if not 0.0 <= height_m <= 100.0:
            yield Fault(name, "OUT_OF_RANGE", f"{height_m} is not in 0 to 100 metres")
    if request.terminal is not None:
        yield from _terminal_faults(request.terminal)


def _terminal_faults(terminal: LinkTerminal) -> Iterable[Fault]:
    if terminal.band not in TERMINAL_BANDS:
        yield Fault("terminal.band", "UNKNOWN_BAND", f"{terminal.band!r} is none of {', '.join(TERMINAL_BANDS)}")
    if not 1e8 <= terminal.frequency_hz <= 1e11:
        message = f"{terminal.frequency_hz} Hz is not in 1e8 to 1e11 Hz"
        yield Fault("terminal.frequency_hz", "OUT_OF_RANGE", message)
    for name, low, high in (
        ("eirp_dbw", -30.0, 120.0),
        ("required_eb_n0_db", -2.0, 40.0),
        ("margin_db", 0.0, 40.0),
        ("losses_db", 0.0, 60.0),
    ):
        value = getattr(terminal, name)
        if not low <= value <= high:
            yield Fault(f"terminal.{name}", "OUT_OF_RANGE", f"{value} is not in {low:g} to {high:g} dB")
    steps = terminal.rate_steps_bps
    rising = all(before < after for before, after in pairwise(steps))
    if not steps or not rising or not all(math.isfinite(step) and step > 0.0 for step in steps):
        yield Fault("terminal.rate_steps_bps", "NOT_RISING", "at least one positive rate, rising, is needed")
