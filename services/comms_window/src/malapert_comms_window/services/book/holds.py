"""Limits of open holds, so that no agency starves others of antennas that it has not been given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from malapert_core.errors import ExhaustedError, Fault

from malapert_comms_window.domain.contacts import Contact


@dataclass(frozen=True, slots=True)
class HoldLimits:
    """Most open holds of an agency, and their hours of occupied time: on all antennas of others, and on one."""

    count: int
    hours: float
    station_count: int
    station_hours: float


class HoldTally:
    """Open holds of agencies on antennas of others, within a transaction that has locked who books."""

    def __init__(self, limits: HoldLimits, holds: Iterable[Contact] = ()) -> None:
        self._limits = limits
        self._counts: Counter[tuple[str, str]] = Counter()
        self._times: dict[tuple[str, str], timedelta] = {}
        for contact in holds:
            self._count(contact, 1)

    def copy(self) -> HoldTally:
        """Return a tally on which a trial leaves this one as it is."""
        other = HoldTally(self._limits)
        other._counts, other._times = self._counts.copy(), dict(self._times)
        return other

    def end(self, contact: Contact) -> None:
        """Count a hold no more."""
        self._count(contact, -1)

    def add(self, indexed: Iterable[tuple[int, Contact]]) -> None:
        """Count new holds, by the index of what asked for them.

        Raises
        ------
        ExhaustedError
            ``TOO_MANY_HOLDS`` with every hold that is above a limit.
        """
        faults = []
        for index, contact in indexed:
            if contact.agency_id == contact.station_agency_id:
                continue
            self._count(contact, 1)
            faults += [Fault(f"requests[{index}]", "TOO_MANY_HOLDS", message) for message in self._above(contact)]
        if faults:
            message = "nothing was booked: the agency would hold too much that is not given to it"
            raise ExhaustedError("TOO_MANY_HOLDS", message, faults=faults)

    def _above(self, contact: Contact) -> Iterable[str]:
        limits = self._limits
        for station_id, count, hours, where in (
            ("", limits.count, limits.hours, "antennas of others"),
            (contact.station_id, limits.station_count, limits.station_hours, contact.station_id),
        ):
            held, time = self._counts[contact.agency_id, station_id], self._times[contact.agency_id, station_id]
            if held > count:
                yield f"{held} open holds on {where}; allowed: {count}"
            if time > timedelta(hours=hours):
                yield f"open holds of {time / timedelta(hours=1):g} h on {where}; allowed: {hours:g} h"

    def _count(self, contact: Contact, sign: int) -> None:
        if contact.agency_id == contact.station_agency_id:
            return
        time = contact.occupied_end_time - contact.occupied_start_time
        for station_id in ("", contact.station_id):
            key = contact.agency_id, station_id
            self._counts[key] += sign
            self._times[key] = self._times.get(key, timedelta(0)) + sign * time
