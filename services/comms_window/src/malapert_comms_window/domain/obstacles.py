"""Obstacles to a booking, and the refusal that names them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from malapert_core.errors import ConflictError, Fault

from malapert_comms_window.domain.contacts import Contact
from malapert_comms_window.domain.outages import Outage


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Obstacle to a booking of an antenna: a contact, or an outage."""

    what: str
    identifier: str
    station_id: str
    start_time: datetime
    end_time: datetime
    contact: Contact | None = None

    def is_known_to(self, agency_id: str, owned_agency_ids: Collection[str]) -> bool:
        """Return whether an agency may know which it is: outages are public, contacts their parties'."""
        contact = self.contact
        return contact is None or contact.agency_id == agency_id or contact.station_agency_id in owned_agency_ids


def obstacle_of(contact: Contact) -> Obstacle:
    """Return a contact as what is in the way of others."""
    start, end = contact.occupied_start_time, contact.occupied_end_time
    return Obstacle("contact", contact.contact_id, contact.station_id, start, end, contact)


def outage_obstacle(outage: Outage) -> Obstacle:
    """Return an outage as what is in the way of contacts."""
    return Obstacle("outage", outage.outage_id, outage.station_id, outage.start_time, outage.end_time)


def contact_conflict(
    conflicts: Sequence[tuple[int, Obstacle]], agency_id: str, owned_agency_ids: Collection[str]
) -> ConflictError:
    """Return the refusal that names everything in the way, its antenna and its interval, by request index.

    Which contact it is, is told to its parties; to others, when the antenna is taken.
    """
    codes = {"contact": "ANTENNA_TAKEN", "outage": "ANTENNA_OUT"}

    def label(each: Obstacle) -> str:
        name = f" {each.identifier}" if each.is_known_to(agency_id, owned_agency_ids) else ""
        span = f"from {each.start_time.isoformat()} to {each.end_time.isoformat()}"
        return f"{each.what}{name} on {each.station_id} {span}"

    first = conflicts[0][1]
    in_the_way = [(index, codes[each.what], label(each)) for index, each in conflicts]
    faults = [Fault(f"requests[{index}]", code, f"{what} is in the way") for index, code, what in in_the_way]
    told = {f"{first.what}_id": first.identifier} if first.is_known_to(agency_id, owned_agency_ids) else {}
    return ConflictError(
        "CONTACT_CONFLICT",
        f"nothing was booked: {label(first)} is in the way" + (f", and {len(faults) - 1} more" * (len(faults) > 1)),
        metadata={
            **told,
            "station_id": first.station_id,
            "occupied_start_time": first.start_time.isoformat(),
            "occupied_end_time": first.end_time.isoformat(),
        },
        faults=faults,
    )
