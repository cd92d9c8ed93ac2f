"""The contact book's rules: who holds an antenna when, and what may be booked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from malapert_core.errors import ConflictError, Fault, InvalidInputError

from malapert_comms_window.domain.stations import Station
from malapert_comms_window.domain.windows import Window, WindowKind

MAX_CONTACTS = 5000
MAX_TRACKING = timedelta(days=7)
"""Longest tracking time of a contact; bounds how far back a search for bookings that hold an antenna must look."""


class ContactState(StrEnum):
    """State of a contact; ACTIVE and COMPLETED follow from a committed contact and the clock."""

    TENTATIVE = "tentative"
    COMMITTED = "committed"
    ACTIVE = "active"
    COMPLETED = "completed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    FAILED = "failed"


_NEXT_STATES = {
    ContactState.TENTATIVE: {ContactState.COMMITTED, ContactState.REJECTED, ContactState.CANCELLED},
    ContactState.COMMITTED: {ContactState.CANCELLED},
    ContactState.ACTIVE: {ContactState.CANCELLED, ContactState.COMPLETED, ContactState.FAILED},
    ContactState.COMPLETED: {ContactState.COMPLETED, ContactState.FAILED},
}
"""Permitted transitions from each state, as it stands at an instant; the other states are final. A completed contact
may turn out to have failed, and the report of one that has ended makes its state final."""
HOLDING_STATES = frozenset({ContactState.TENTATIVE, ContactState.COMMITTED, ContactState.ACTIVE})


@dataclass(frozen=True, slots=True)
class ContactRequest:
    """Request for a contact with one antenna; the window is empty for a booking made by hand."""

    station_id: str
    asset_id: str
    start_time: datetime
    end_time: datetime
    window_set_id: str = ""
    window_id: str = ""

    @property
    def window_key(self) -> tuple[str, str]:
        """Set and window that it was taken from."""
        return self.window_set_id, self.window_id


@dataclass(frozen=True, slots=True)
class Contact:
    """A booking of one antenna; `state` is what was decided, `state_at` what it means at an instant."""

    contact_id: str
    station_id: str
    asset_id: str
    mission_id: str
    agency_id: str
    start_time: datetime
    end_time: datetime
    occupied_start_time: datetime
    occupied_end_time: datetime
    state: ContactState
    version: int
    hold_until_time: datetime | None
    plan_id: str
    release_reason: str = ""
    window_set_id: str = ""
    window_id: str = ""
    moved_from_contact_id: str = ""
    updated_time: datetime | None = None

    def state_at(self, now: datetime) -> ContactState:
        """Return the state at an instant: a hold that ran out is cancelled, a committed contact begins and ends."""
        if self.state is ContactState.TENTATIVE and self.hold_until_time is not None and now >= self.hold_until_time:
            return ContactState.CANCELLED
        if self.state is ContactState.COMMITTED and now >= self.end_time:
            return ContactState.COMPLETED
        if self.state is ContactState.COMMITTED and now >= self.start_time:
            return ContactState.ACTIVE
        return self.state

    def holds_antenna_at(self, now: datetime) -> bool:
        """Return whether nobody else may book the occupied time, as seen at an instant."""
        return self.state_at(now) in HOLDING_STATES

    def may_become(self, state: ContactState, now: datetime) -> bool:
        """Return whether a state may follow the present one."""
        return state in _NEXT_STATES.get(self.state_at(now), ())

    def changed(self, state: ContactState, now: datetime, reason: str = "") -> "Contact":
        """Return the contact in another state from an instant on, and its next version."""
        return replace(
            self,
            state=state,
            version=self.version + 1,
            hold_until_time=None,
            release_reason=reason or self.release_reason,
            updated_time=now,
        )

    def overlaps(self, start_time: datetime, end_time: datetime) -> bool:
        """Return whether the occupied time meets a half-open span."""
        return self.occupied_start_time < end_time and start_time < self.occupied_end_time


def occupied_interval(request: ContactRequest, station: Station) -> tuple[datetime, datetime]:
    """Return the time the antenna is taken: the tracking time with set-up and teardown."""
    return (
        request.start_time - timedelta(seconds=station.setup_s.value),
        request.end_time + timedelta(seconds=station.teardown_s.value),
    )


def check_contact_requests(
    requests: Sequence[ContactRequest],
    stations: Mapping[str, Station],
    windows: Mapping[tuple[str, str], Window],
    now: datetime,
) -> None:
    """Check what is asked, apart from what is booked already.

    Parameters
    ----------
    requests
        What is asked.
    stations
        The catalogue by identifier.
    windows
        The windows that the requests name and that are known, by set and window.
    now
        The present instant.

    Raises
    ------
    InvalidInputError
        ``INVALID_CONTACTS`` with every fault.
    """
    faults = []
    if not 1 <= len(requests) <= MAX_CONTACTS:
        faults.append(Fault("requests", "WRONG_COUNT", f"1 to {MAX_CONTACTS} contacts, not {len(requests)}"))
    for index, request in enumerate(requests):
        faults += _request_faults(request, f"requests[{index}]", stations, windows, now)
    if not faults:
        faults += _overlap_faults(requests, stations)
    if faults:
        raise InvalidInputError("INVALID_CONTACTS", f"the contacts have {len(faults)} faults", faults=faults)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Obstacle to a booking of an antenna: a contact, or an outage."""

    what: str
    identifier: str
    station_id: str
    start_time: datetime
    end_time: datetime

    @property
    def label(self) -> str:
        """Description for a person."""
        span = f"from {self.start_time.isoformat()} to {self.end_time.isoformat()}"
        return f"{self.what} {self.identifier} on {self.station_id} {span}"


def obstacle_of(contact: Contact) -> Obstacle:
    """Return a contact as what is in the way of others."""
    start, end = contact.occupied_start_time, contact.occupied_end_time
    return Obstacle("contact", contact.contact_id, contact.station_id, start, end)


def contact_conflict(conflicts: Sequence[tuple[int, Obstacle]]) -> ConflictError:
    """Return the refusal that names everything in the way, its antenna and its interval, by request index."""
    first = conflicts[0][1]
    codes = {"contact": "ANTENNA_TAKEN", "outage": "ANTENNA_OUT"}
    faults = [Fault(f"requests[{index}]", codes[each.what], f"{each.label} is in the way") for index, each in conflicts]
    return ConflictError(
        "CONTACT_CONFLICT",
        f"nothing was booked: {first.label} is in the way" + (f", and {len(faults) - 1} more" * (len(faults) > 1)),
        metadata={
            f"{first.what}_id": first.identifier,
            "station_id": first.station_id,
            "occupied_start_time": first.start_time.isoformat(),
            "occupied_end_time": first.end_time.isoformat(),
        },
        faults=faults,
    )


def _request_faults(
    request: ContactRequest,
    path: str,
    stations: Mapping[str, Station],
    windows: Mapping[tuple[str, str], Window],
    now: datetime,
) -> Iterable[Fault]:
    if request.station_id not in stations:
        yield Fault(f"{path}.station_id", "UNKNOWN_STATION", f"there is no station {request.station_id!r}")
    if not request.asset_id:
        yield Fault(f"{path}.asset_id", "MISSING", "the asset at the other end is needed")
    if not request.start_time < request.end_time:
        message = f"it ends at {request.end_time.isoformat()}, not after its start"
        yield Fault(f"{path}.interval", "EMPTY_INTERVAL", message)
    elif request.end_time - request.start_time > MAX_TRACKING:
        yield Fault(f"{path}.interval", "TOO_LONG", f"it is longer than {MAX_TRACKING.days} days")
    if request.start_time <= now:
        yield Fault(f"{path}.interval.start_time", "IN_THE_PAST", f"{request.start_time.isoformat()} has passed")
    if request.window_id or request.window_set_id:
        yield from _window_faults(request, path, windows.get(request.window_key))


def _window_faults(request: ContactRequest, path: str, window: Window | None) -> Iterable[Fault]:
    if window is None or window.kind is not WindowKind.CONTACT:
        message = f"set {request.window_set_id!r} has no contact window {request.window_id!r}"
        yield Fault(f"{path}.window_id", "UNKNOWN_WINDOW", message)
    elif window.station_id != request.station_id:
        yield Fault(f"{path}.station_id", "WRONG_STATION", f"window {window.window_id} is of {window.station_id}")
    elif not (window.start_time <= request.start_time and request.end_time <= window.end_time):
        span = f"{window.start_time.isoformat()} to {window.end_time.isoformat()}"
        yield Fault(f"{path}.interval", "OUTSIDE_WINDOW", f"it is not inside window {window.window_id}: {span}")


def _overlap_faults(requests: Sequence[ContactRequest], stations: Mapping[str, Station]) -> Iterable[Fault]:
    taken: dict[str, list[tuple[datetime, datetime, int]]] = {}
    for index, request in enumerate(requests):
        start, end = occupied_interval(request, stations[request.station_id])
        taken.setdefault(request.station_id, []).append((start, end, index))
    for station_id, spans in taken.items():
        spans.sort()
        for (_, end, before), (start, _, after) in pairwise(spans):
            if start < end:
                message = f"with set-up and teardown it overlaps requests[{before}] on {station_id}"
                yield Fault(f"requests[{after}].interval", "OVERLAPS_REQUEST", message)
