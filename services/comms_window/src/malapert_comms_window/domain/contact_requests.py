"""What is asked of the contact book, and what may be asked."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from malapert_core.errors import Fault, InvalidInputError

from malapert_comms_window.domain.stations import Station
from malapert_comms_window.domain.windows import Window, WindowKind

MAX_CONTACTS = 5000
MAX_TRACKING = timedelta(days=7)
"""Longest tracking time of a contact; bounds how far back a search for bookings that hold an antenna must look."""
BOOKABLE_KINDS = frozenset(
    {WindowKind.CONTACT, WindowKind.ORBITER_CONTACT, WindowKind.RELAY_END_TO_END, WindowKind.OPTICAL_LINK}
    | {WindowKind.KEY_LINK}
)
"""Kinds of windows in which an antenna sees what it tracks."""

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class ContactRequest:
    """Request for a contact with one antenna.

    Without a window the windows of the antenna in the set hold it together, without a set those of any of the mission.
    """

    station_id: str
    asset_id: str
    start_time: datetime
    end_time: datetime
    window_set_id: str = ""
    window_id: str = ""
    unchecked: bool = False

    @property
    def window_key(self) -> tuple[str, str]:
        """Set and window that it was taken from."""
        return self.window_set_id, self.window_id

    @property
    def place(self) -> tuple[str, str, datetime, datetime]:
        """Station, asset, start and end: what makes two requests the same contact."""
        return self.station_id, self.asset_id, self.start_time, self.end_time


@dataclass(frozen=True, slots=True)
class KnownWindows:
    """Windows of a mission: those that requests name, and the joined spans of an antenna by set, empty for any set."""

    named: Mapping[tuple[str, str], Window]
    joined: Mapping[tuple[str, str], Sequence[Span]]


@dataclass(frozen=True, slots=True)
class RequestRules:
    """What requests are held against.

    ``owned_agency_ids`` are the agencies for whose antennas the caller answers.
    """

    stations: Mapping[str, Station]
    windows: KnownWindows
    asset_ids: Collection[str]
    mission_id: str
    owned_agency_ids: Collection[str]
    now: datetime

    def owns(self, station_id: str) -> bool:
        """Return whether the caller answers for an antenna."""
        return self.stations[station_id].agency_id in self.owned_agency_ids


def occupied_interval(request: ContactRequest, station: Station) -> Span:
    """Return the time the antenna is taken: the tracking time with set-up and teardown."""
    return (
        request.start_time - timedelta(seconds=station.setup_s.value),
        request.end_time + timedelta(seconds=station.teardown_s.value),
    )


def with_asset_ids(
    requests: Sequence[ContactRequest], mission_id: str, asset_ids: Collection[str]
) -> tuple[ContactRequest, ...]:
    """Return requests that name assets as their mission does; an orbiter may be named as its windows name it too."""

    def own(asset_id: str) -> str:
        short = asset_id.removeprefix(f"{mission_id}.")
        return short if asset_id not in asset_ids and short in asset_ids else asset_id

    return tuple(replace(request, asset_id=own(request.asset_id)) for request in requests)


def check_contact_requests(requests: Sequence[ContactRequest], rules: RequestRules) -> None:
    """Check what is asked, apart from what is booked already.

    Parameters
    ----------
    requests
        What is asked.
    rules
        What it is held against.

    Raises
    ------
    InvalidInputError
        ``INVALID_CONTACTS`` with every fault.
    """
    faults = []
    if not 1 <= len(requests) <= MAX_CONTACTS:
        faults.append(Fault("requests", "WRONG_COUNT", f"1 to {MAX_CONTACTS} contacts, not {len(requests)}"))
    for index, request in enumerate(requests):
        faults += _request_faults(request, f"requests[{index}]", rules)
    if not faults:
        faults += _overlap_faults(requests, rules.stations)
    if faults:
        raise InvalidInputError("INVALID_CONTACTS", f"the contacts have {len(faults)} faults", faults=faults)


def _request_faults(request: ContactRequest, path: str, rules: RequestRules) -> Iterable[Fault]:
    if request.station_id not in rules.stations:
        yield Fault(f"{path}.station_id", "UNKNOWN_STATION", f"there is no station {request.station_id!r}")
    if not request.asset_id:
        yield Fault(f"{path}.asset_id", "MISSING", "the asset at the other end is needed")
    elif request.asset_id not in rules.asset_ids:
        named = ", ".join(sorted(rules.asset_ids)[:20]) or "none"
        message = f"mission {rules.mission_id} has no asset {request.asset_id!r}; its assets: {named}"
        yield Fault(f"{path}.asset_id", "UNKNOWN_ASSET", message)
    if not request.start_time < request.end_time:
        message = f"it ends at {request.end_time.isoformat()}, not after its start"
        yield Fault(f"{path}.interval", "EMPTY_INTERVAL", message)
    elif request.end_time - request.start_time > MAX_TRACKING:
        yield Fault(f"{path}.interval", "TOO_LONG", f"it is longer than {MAX_TRACKING.days} days")
    if request.start_time <= rules.now:
        yield Fault(f"{path}.interval.start_time", "IN_THE_PAST", f"{request.start_time.isoformat()} has passed")
    if request.unchecked:
        yield from _unchecked_faults(request, path, rules)
    elif request.window_id:
        yield from _window_faults(request, path, rules.windows.named.get(request.window_key))
    elif request.start_time < request.end_time and request.station_id in rules.stations:
        yield from _joined_faults(request, path, rules)


def _unchecked_faults(request: ContactRequest, path: str, rules: RequestRules) -> Iterable[Fault]:
    if request.window_id or request.window_set_id:
        yield Fault(f"{path}.unchecked", "NOT_USED", "a contact that names a window is checked against it")
    if request.station_id in rules.stations and not rules.owns(request.station_id):
        owner = rules.stations[request.station_id].agency_id
        message = f"only {owner}, who owns {request.station_id}, may ask for a contact outside every window"
        yield Fault(f"{path}.unchecked", "NOT_OWNER", message)


def _window_faults(request: ContactRequest, path: str, window: Window | None) -> Iterable[Fault]:
    if window is None or window.kind not in BOOKABLE_KINDS:
        message = f"the mission's set {request.window_set_id!r} has no contact window {request.window_id!r}"
        yield Fault(f"{path}.window_id", "UNKNOWN_WINDOW", message)
    elif window.station_id != request.station_id:
        yield Fault(f"{path}.station_id", "WRONG_STATION", f"window {window.window_id} is of {window.station_id}")
    elif not (window.start_time <= request.start_time and request.end_time <= window.end_time):
        span = f"{window.start_time.isoformat()} to {window.end_time.isoformat()}"
        yield Fault(f"{path}.interval", "OUTSIDE_WINDOW", f"it is not inside window {window.window_id}: {span}")


def _joined_faults(request: ContactRequest, path: str, rules: RequestRules) -> Iterable[Fault]:
    spans = rules.windows.joined.get((request.window_set_id, request.station_id), ())
    if any(start <= request.start_time and request.end_time <= end for start, end in spans):
        return
    near = [span for span in spans if span[0] < request.end_time and request.start_time < span[1]]
    seen = "; ".join(f"{start.isoformat()} to {end.isoformat()}" for start, end in near[:5]) or "nothing then"
    where = f"set {request.window_set_id!r}" if request.window_set_id else "any computed set"
    message = (
        f"{request.station_id} does not see the assets of mission {rules.mission_id} all that time by {where}: {seen}; "
        "name a window, compute windows for the mission, or let the antenna's owner book it unchecked"
    )
    yield Fault(f"{path}.interval", "OUTSIDE_WINDOWS", message)


def _overlap_faults(requests: Sequence[ContactRequest], stations: Mapping[str, Station]) -> Iterable[Fault]:
    taken: dict[str, list[tuple[datetime, datetime, int]]] = {}
    for index, request in enumerate(requests):
        if request.station_id in stations:
            start, end = occupied_interval(request, stations[request.station_id])
            taken.setdefault(request.station_id, []).append((start, end, index))
    for station_id, spans in taken.items():
        spans.sort()
        for (_, end, before), (start, _, after) in pairwise(spans):
            if start < end:
                message = f"with set-up and teardown it overlaps requests[{before}] on {station_id}"
                yield Fault(f"requests[{after}].interval", "OVERLAPS_REQUEST", message)
