"""Contacts: who holds an antenna when, and how that may change."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from malapert_comms_window.domain.contact_requests import ContactRequest


class ContactState(StrEnum):
    """State of a contact; ACTIVE and COMPLETED follow from a committed contact and the clock."""

    TENTATIVE = "tentative"
    COMMITTED = "committed"
    ACTIVE = "active"
    COMPLETED = "completed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    FAILED = "failed"


class ContactCause(StrEnum):
    """Cause of a contact's change; UNSPECIFIED for those of before causes were kept."""

    UNSPECIFIED = "unspecified"
    OFFERED = "offered"
    COMMITTED = "committed"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    EXPIRED = "expired"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"
    BUMPED = "bumped"
    OUTAGE = "outage"
    MOVED = "moved"
    REPORTED = "reported"
    SUPERSEDED = "superseded"


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
class Contact:
    """A booking of one antenna; `state` is what was decided, `state_at` what it means at an instant.

    ``notice_s`` is what the owner of the antenna owes before it takes a committed contact back, seconds.
    """

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
    cause: ContactCause = ContactCause.UNSPECIFIED
    station_agency_id: str = ""
    priority: int = 0
    agreement_id: str = ""
    unchecked: bool = False
    notice_s: float = 0.0
    alternates: tuple[ContactRequest, ...] = ()

    def state_at(self, now: datetime) -> ContactState:
        """Return the state at an instant: a hold that ran out is cancelled, a committed contact begins and ends."""
        if self.has_run_out(now):
            return ContactState.CANCELLED
        if self.state is ContactState.COMMITTED and now >= self.end_time:
            return ContactState.COMPLETED
        if self.state is ContactState.COMMITTED and now >= self.start_time:
            return ContactState.ACTIVE
        return self.state

    def has_run_out(self, now: datetime) -> bool:
        """Return whether it is a hold that has run out, which nobody has written down yet."""
        return self.state is ContactState.TENTATIVE and self.hold_until_time is not None and now >= self.hold_until_time

    def hold_remaining_s(self, now: datetime) -> float:
        """Return the time that is left of a hold, whole seconds; 0 where it is none."""
        if self.state_at(now) is not ContactState.TENTATIVE or self.hold_until_time is None:
            return 0.0
        return float((self.hold_until_time - now) // timedelta(seconds=1))

    def holds_antenna_at(self, now: datetime) -> bool:
        """Return whether nobody else may book the occupied time, as seen at an instant."""
        return self.state_at(now) in HOLDING_STATES

    def may_become(self, state: ContactState, now: datetime) -> bool:
        """Return whether a state may follow the present one."""
        return state in _NEXT_STATES.get(self.state_at(now), ())

    def may_be_taken_back(self, now: datetime) -> bool:
        """Return whether the owner of the antenna may take it back: a hold at any time, a promise with notice."""
        state = self.state_at(now)
        in_time = now + timedelta(seconds=self.notice_s) <= self.occupied_start_time
        return state is ContactState.TENTATIVE or (state is ContactState.COMMITTED and in_time)

    def changed(self, state: ContactState, cause: ContactCause, now: datetime, reason: str = "") -> "Contact":
        """Return the contact in another state from an instant on, and its next version."""
        return replace(
            self,
            state=state,
            cause=cause,
            version=self.version + 1,
            hold_until_time=None,
            release_reason=reason or self.release_reason,
            updated_time=now,
        )

    def superseded(self, now: datetime, reason: str) -> "Contact":
        """Return the contact, as booked as before, whose plan was superseded by one that does not hold it."""
        return replace(
            self,
            cause=ContactCause.SUPERSEDED,
            version=self.version + 1,
            release_reason=reason,
            updated_time=now,
        )

    def expired(self, now: datetime) -> "Contact":
        """Return the contact whose hold ran out."""
        reason = f"its hold ran out at {self.hold_until_time.isoformat()}" if self.hold_until_time else ""
        return self.changed(ContactState.CANCELLED, ContactCause.EXPIRED, now, reason)

    def overlaps(self, start_time: datetime, end_time: datetime) -> bool:
        """Return whether the occupied time meets a half-open span."""
        return self.occupied_start_time < end_time and start_time < self.occupied_end_time

    @property
    def request(self) -> ContactRequest:
        """What was asked for."""
        return ContactRequest(
            self.station_id,
            self.asset_id,
            self.start_time,
            self.end_time,
            self.window_set_id,
            self.window_id,
            self.unchecked,
        )


@dataclass(frozen=True, slots=True)
class ContactChange:
    """A change of a contact: the version and state that it made, its cause, and who made it; empty for the clock."""

    contact_id: str
    version: int
    state: ContactState
    cause: ContactCause
    time: datetime
    agency_id: str
    principal_id: str
    reason: str


def change_to(contact: Contact, now: datetime, agency_id: str = "", principal_id: str = "") -> ContactChange:
    """Return the change that made a contact what it is now."""
    return ContactChange(
        contact_id=contact.contact_id,
        version=contact.version,
        state=contact.state,
        cause=contact.cause,
        time=contact.updated_time or now,
        agency_id=agency_id,
        principal_id=principal_id,
        reason=contact.release_reason,
    )


def place_in_listing(contact_id: str) -> str:
    """Return what stands for a contact in the token of a page, which is told to who may not know its identifier."""
    return hashlib.sha256(contact_id.encode()).hexdigest()
