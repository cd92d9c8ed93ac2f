"""Standing agreements: antenna hours that an owner of antennas gives to a partner, counted by calendar month in UTC."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from malapert_core.errors import Fault, InvalidInputError
from malapert_core.timestamps import EARLIEST_TIME, LATEST_TIME

from malapert_comms_window.domain.contacts import Contact, ContactCause, ContactState
from malapert_comms_window.domain.stations import Station

HIGHEST_PRIORITY = 100
MAX_HOURS_PER_MONTH = 31 * 24.0 * 200
MAX_NOTICE_S = 90 * 86_400.0
MAX_AGREEMENT = timedelta(days=3660)
MAX_STATIONS = 200


@dataclass(frozen=True, slots=True)
class MonthlyUse:
    """Hours of an agreement in a calendar month, such as 2029-01."""

    month: str
    used_hours: float
    left_hours: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """Antenna hours that an agency gives to another; no mission means any, no station all of the owner's."""

    agreement_id: str
    owner_agency_id: str
    partner_agency_id: str
    mission_id: str
    station_ids: tuple[str, ...]
    hours_per_month: float
    priority: int
    notice_s: float
    start_time: datetime
    end_time: datetime
    version: int = 0
    ended_time: datetime | None = None
    updated_time: datetime | None = None
    uses: tuple[MonthlyUse, ...] = ()

    @property
    def monthly(self) -> timedelta:
        """Antenna time of a calendar month."""
        return timedelta(hours=self.hours_per_month)

    def covers(self, contact: Contact) -> bool:
        """Return whether it is for such a contact, whatever hours are left."""
        return (
            self.ended_time is None
            and self.owner_agency_id == contact.station_agency_id
            and self.partner_agency_id == contact.agency_id
            and self.mission_id in ("", contact.mission_id)
            and (not self.station_ids or contact.station_id in self.station_ids)
            and self.start_time <= contact.occupied_start_time
            and contact.occupied_end_time <= self.end_time
        )


def months_of(start_time: datetime, end_time: datetime) -> Iterator[tuple[str, timedelta]]:
    """Yield each calendar month, UTC, that a span meets, such as 2029-01, with the time that is in it."""
    while start_time < end_time:
        first = start_time.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        following = (first + timedelta(days=32)).replace(day=1)
        until = min(end_time, following)
        yield f"{first:%Y-%m}", until - start_time
        start_time = until


def charged_span(contact: Contact) -> tuple[datetime, datetime] | None:
    """Return the span of a contact that counts against its agreement, None where it does not.

    What was given back counts for nothing, but for the part that had begun; what the owner took back never does.
    """
    occupied = (contact.occupied_start_time, contact.occupied_end_time)
    if contact.state in (ContactState.COMMITTED, ContactState.ACTIVE, ContactState.COMPLETED):
        return occupied
    if contact.state is ContactState.FAILED and contact.cause is ContactCause.REPORTED:
        return occupied
    if contact.cause is ContactCause.RELEASED and contact.updated_time and contact.updated_time > occupied[0]:
        return occupied[0], min(contact.updated_time, occupied[1])
    return None


def uses_of(agreement: Agreement, contacts: Iterable[Contact]) -> tuple[MonthlyUse, ...]:
    """Return the hours of an agreement by month, of the months in which any of some contacts used them."""
    used: dict[str, timedelta] = {}
    for contact in contacts:
        span = charged_span(contact)
        if contact.agreement_id == agreement.agreement_id and span is not None:
            for month, time in months_of(*span):
                used[month] = used.get(month, timedelta(0)) + time
    hour = timedelta(hours=1)
    return tuple(
        MonthlyUse(month, time / hour, max(agreement.monthly - time, timedelta(0)) / hour)
        for month, time in sorted(used.items())
    )


def check_agreement(agreement: Agreement, stations: Mapping[str, Station], now: datetime) -> None:
    """Check an agreement as it is to be.

    Raises
    ------
    InvalidInputError
        ``INVALID_AGREEMENT`` with every fault.
    """
    faults = [*_party_faults(agreement), *_station_faults(agreement, stations), *_amount_faults(agreement)]
    faults += _interval_faults(agreement, now)
    if faults:
        raise InvalidInputError("INVALID_AGREEMENT", f"the agreement has {len(faults)} faults", faults=faults)


def _party_faults(agreement: Agreement) -> Iterator[Fault]:
    if not agreement.partner_agency_id.strip():
        yield Fault("partner_agency_id", "MISSING", "the agency that may use the antennas is needed")
    elif agreement.partner_agency_id == agreement.owner_agency_id:
        yield Fault("partner_agency_id", "SAME_AGENCY", "an agency books its own antennas without an agreement")
    for name in ("partner_agency_id", "mission_id"):
        if len(getattr(agreement, name)) > 200:
            yield Fault(name, "TOO_LONG", "at most 200 characters")


def _station_faults(agreement: Agreement, stations: Mapping[str, Station]) -> Iterator[Fault]:
    if len(agreement.station_ids) > MAX_STATIONS:
        yield Fault("station_ids", "TOO_MANY", f"{len(agreement.station_ids)} stations; allowed: {MAX_STATIONS}")
        return
    for index, station_id in enumerate(agreement.station_ids):
        if station_id in agreement.station_ids[:index]:
            yield Fault(f"station_ids[{index}]", "DUPLICATE", f"{station_id!r} is there already")
        elif station_id not in stations:
            yield Fault(f"station_ids[{index}]", "UNKNOWN_STATION", f"there is no station {station_id!r}")
        elif stations[station_id].agency_id != agreement.owner_agency_id:
            message = f"station {station_id} is {stations[station_id].agency_id}'s, not {agreement.owner_agency_id}'s"
            yield Fault(f"station_ids[{index}]", "FOREIGN_STATION", message)


def _amount_faults(agreement: Agreement) -> Iterator[Fault]:
    hours = agreement.hours_per_month
    if not math.isfinite(hours) or not 0.0 < hours <= MAX_HOURS_PER_MONTH:
        yield Fault("hours_per_month", "OUT_OF_RANGE", f"{hours} is not above 0 and at most {MAX_HOURS_PER_MONTH:g} h")
    if not 0 <= agreement.priority <= HIGHEST_PRIORITY:
        yield Fault("priority", "OUT_OF_RANGE", f"{agreement.priority} is not in 0 to {HIGHEST_PRIORITY}")
    if not 0.0 <= agreement.notice_s <= MAX_NOTICE_S:
        yield Fault("notice_s", "OUT_OF_RANGE", f"{agreement.notice_s} is not in 0 to {MAX_NOTICE_S:g} seconds")


def _interval_faults(agreement: Agreement, now: datetime) -> Iterator[Fault]:
    start, end = agreement.start_time, agreement.end_time
    for name, time in (("start_time", start), ("end_time", end)):
        if not EARLIEST_TIME <= time < LATEST_TIME:
            yield Fault(f"interval.{name}", "INVALID_TIME", f"{time.isoformat()} is beyond the years that are taken")
    if not start < end:
        yield Fault("interval", "EMPTY_INTERVAL", f"it ends at {end.isoformat()}, not after its start")
    elif end <= now:
        yield Fault("interval.end_time", "IN_THE_PAST", f"{end.isoformat()} has passed")
    elif end - start > MAX_AGREEMENT:
        yield Fault("interval", "TOO_LONG", f"it is longer than {MAX_AGREEMENT.days} days")
