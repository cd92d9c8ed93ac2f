"""Quotas of antenna time: what an agency could still book of the antennas of others, by agreements or as holds.

Each contact is either committed by an agreement or held, so that what contacts on some antennas take within a month is
never more than what agreements leave for these in it, what may still be held on these, and what is booked already.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from malapert_comms_window.domain.agreements import Agreement, charged_span, months_of
from malapert_comms_window.domain.contacts import Contact
from malapert_comms_window.domain.stations import Station

Interval = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class AntennaQuota:
    """Antenna time of some stations that can still be booked within a span, seconds."""

    quota_id: str
    owner_agency_ids: tuple[str, ...]
    station_ids: tuple[str, ...]
    start_time: datetime
    end_time: datetime
    left_s: float
    title: str


@dataclass(frozen=True, slots=True)
class Standing:
    """An agency's standing in the book: what is not its own, what was given to it, what it holds and what it has.

    ``charged`` are the contacts that its agreements committed, ``holds`` its open holds on antennas of others but for
    those of the plan that would be booked anew, and ``booked`` the promised contacts of that plan.
    ``most_held`` and ``most_held_on_one`` are the most time of open holds in all and on one antenna.
    """

    stations: Sequence[Station]
    agreements: Sequence[Agreement]
    charged: Sequence[Contact]
    holds: Sequence[Contact]
    booked: Sequence[Contact]
    most_held: timedelta
    most_held_on_one: timedelta


def antenna_quotas(standing: Standing, span: Interval) -> list[AntennaQuota]:
    """Return the quotas of each antenna, of each owner and of all antennas of others, in all and by month."""
    used = _used(standing.charged)
    found: list[AntennaQuota] = []
    for name, stations, most_held in _sets(standing):
        held = sum((_time(each) for each in _on(standing.holds, stations)), timedelta(0))
        left_to_hold = max(most_held - held, timedelta(0))
        agreements = [each for each in standing.agreements if _meets(each, stations)]
        months = list(_months(span)) if agreements else []
        for month, part in [("", span), *(months if len(months) > 1 else [])]:
            left = left_to_hold + _left(agreements, used, part) + _within(standing.booked, stations, part)
            found.append(_quota(name, month, stations, part, left))
    return found


def _sets(standing: Standing) -> Iterator[tuple[str, list[Station], timedelta]]:
    stations = sorted(standing.stations, key=lambda station: station.station_id)
    for station in stations:
        yield f"{station.agency_id}'s {station.station_id}", [station], standing.most_held_on_one
    owners = sorted({station.agency_id for station in stations})
    for owner in owners:
        yield f"antennas of {owner}", [each for each in stations if each.agency_id == owner], standing.most_held
    if len(owners) > 1:
        yield "antennas of others", stations, standing.most_held


def _quota(name: str, month: str, stations: Collection[Station], part: Interval, left: timedelta) -> AntennaQuota:
    return AntennaQuota(
        quota_id=f"{name} {month}".strip(),
        owner_agency_ids=tuple(sorted({station.agency_id for station in stations})),
        station_ids=tuple(station.station_id for station in stations),
        start_time=part[0],
        end_time=part[1],
        left_s=left.total_seconds(),
        title=f"{name} in {month}" if month else name,
    )


def _months(span: Interval) -> Iterator[tuple[str, Interval]]:
    start = span[0]
    for month, time in months_of(*span):
        yield month, (start, start + time)
        start += time


def _used(charged: Iterable[Contact]) -> dict[tuple[str, str], timedelta]:
    used: dict[tuple[str, str], timedelta] = {}
    for contact in charged:
        counted = charged_span(contact)
        for month, time in months_of(*counted) if counted else ():
            key = contact.agreement_id, month
            used[key] = used.get(key, timedelta(0)) + time
    return used


def _left(agreements: Iterable[Agreement], used: dict[tuple[str, str], timedelta], part: Interval) -> timedelta:
    left = timedelta(0)
    for agreement in agreements:
        start, end = max(part[0], agreement.start_time), min(part[1], agreement.end_time)
        for month, _ in months_of(start, end):
            spent = used.get((agreement.agreement_id, month), timedelta(0))
            left += max(agreement.monthly - spent, timedelta(0))
    return left


def _meets(agreement: Agreement, stations: Iterable[Station]) -> bool:
    return any(
        station.agency_id == agreement.owner_agency_id
        and (not agreement.station_ids or station.station_id in agreement.station_ids)
        for station in stations
    )


def _on(contacts: Iterable[Contact], stations: Iterable[Station]) -> list[Contact]:
    names = {station.station_id for station in stations}
    return [contact for contact in contacts if contact.station_id in names]


def _within(contacts: Iterable[Contact], stations: Iterable[Station], part: Interval) -> timedelta:
    """Return the time that contacts take of some antennas within a span."""
    return sum(
        (
            max(min(each.occupied_end_time, part[1]) - max(each.occupied_start_time, part[0]), timedelta(0))
            for each in _on(contacts, stations)
        ),
        timedelta(0),
    )


def _time(contact: Contact) -> timedelta:
    return contact.occupied_end_time - contact.occupied_start_time
