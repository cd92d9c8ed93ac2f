"""Outages: when antennas cannot be used, and why."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from malapert_core.errors import Fault

MAX_OUTAGE = timedelta(days=3660)


class OutageKind(StrEnum):
    """Cause of an outage."""

    MAINTENANCE = "maintenance"
    FAILURE = "failure"
    ENVIRONMENT = "environment"
    RESERVED = "reserved"


@dataclass(frozen=True, slots=True)
class Outage:
    """A half-open span in which an antenna cannot be used."""

    outage_id: str
    station_id: str
    start_time: datetime
    end_time: datetime
    kind: OutageKind
    reason: str
    agency_id: str

    def overlaps(self, start_time: datetime, end_time: datetime) -> bool:
        """Return whether it meets a half-open span."""
        return self.start_time < end_time and start_time < self.end_time


def outage_span_faults(start_time: datetime, end_time: datetime, now: datetime) -> list[Fault]:
    """Return what is wrong with the span of a new outage."""
    if not start_time < end_time:
        return [Fault("interval", "EMPTY_INTERVAL", f"it ends at {end_time.isoformat()}, not after its start")]
    faults = []
    if end_time <= now:
        faults.append(Fault("interval.end_time", "IN_THE_PAST", f"{end_time.isoformat()} has passed"))
    if end_time - start_time > MAX_OUTAGE:
        faults.append(Fault("interval", "TOO_LONG", f"it is longer than {MAX_OUTAGE.days} days"))
    return faults
