"""The decision on one reservation: what is booked, kept, given back and displaced. Nothing is written here."""

from collections.abc import Mapping, Sequence
from contextvars import Context
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from malapert_core.errors import Fault, InvalidInputError
from malapert_core.policy.identity import Identity
from malapert_core.vocabulary.identifiers import new_identifier

from malapert_comms_window.domain.contact_requests import (
    ContactRequest,
    KnownWindows,
    RequestRules,
    check_contact_requests,
    occupied_interval,
    with_asset_ids,
)
from malapert_comms_window.domain.contacts import Contact, ContactCause, ContactState
from malapert_comms_window.domain.obstacles import Obstacle, contact_conflict
from malapert_comms_window.domain.stations import Station
from malapert_comms_window.services.book.agreement_book import AgreementBook
from malapert_comms_window.services.book.antenna_book import AntennaBook
from malapert_comms_window.services.book.holds import HoldTally


@dataclass(frozen=True, slots=True)
class Reservation:
    """All contacts that are asked for at once; a hold of 0 s means the default.

    `request_hash` is the content of the whole call, by which a repeated key is told from a reused one.
    """

    idempotency_key: str
    request_hash: str
    mission_id: str
    plan_id: str
    requests: tuple[ContactRequest, ...]
    commit: bool
    hold_s: float
    bump: bool = False
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Terms:
    """How long contacts are held, and the notice of those that no agreement states, seconds."""

    pencilled_hold_s: float
    consent_hold_s: float
    notice_s: float


@dataclass(frozen=True, slots=True)
class Asking:
    """A reservation with who asks, for which owners' antennas it answers, the mission's assets, and the call's context.

    Contacts of ``free_ids`` are not in the way: the new ones take their place.
    """

    reservation: Reservation
    identity: Identity
    owned_agency_ids: frozenset[str]
    asset_ids: frozenset[str]
    context: Context
    free_ids: frozenset[str] = frozenset()


@dataclass(slots=True)
class Known:
    """State of the book that a transaction has read and locked, kept up with what it decides."""

    stations: Mapping[str, Station]
    windows: Mapping[str, KnownWindows]
    contacts: dict[str, Contact]
    book: AntennaBook
    agreements: AgreementBook
    holds: HoldTally
    now: datetime


@dataclass(slots=True)
class Decision:
    """New contacts in the order asked, and those that they displace, before and after."""

    added: list[Contact] = field(default_factory=list)
    bumped: list[tuple[Contact, Contact]] = field(default_factory=list)


class Decider:
    """Decides on reservations, one after the other.

    Parameters
    ----------
    terms : Terms
    """

    def __init__(self, terms: Terms) -> None:
        self._terms = terms

    def decide(self, asking: Asking, known: Known) -> Decision:
        """Return what a reservation comes to, and let the book know it.

        Raises
        ------
        MalapertError
            For each reason to refuse the whole; the book is then as it was.
        """
        named = with_asset_ids(asking.reservation.requests, asking.reservation.mission_id, asking.asset_ids)
        asking = replace(asking, reservation=replace(asking.reservation, requests=named))
        reservation, decision = asking.reservation, Decision()
        _check_priority(asking, known)
        rules = RequestRules(
            known.stations,
            known.windows[reservation.mission_id],
            asking.asset_ids,
            reservation.mission_id,
            asking.owned_agency_ids,
            known.now,
        )
        check_contact_requests(reservation.requests, rules)
        agreements, holds = known.agreements.copy(), known.holds.copy()
        decision.added = [self._contact(asking, known, request, agreements) for request in reservation.requests]
        decision.bumped = _displaced(asking, known, decision.added)
        for before, after in decision.bumped:
            agreements.give_back(before, after)
            if before.state is ContactState.TENTATIVE:
                holds.end(before)
        holds.add((n, each) for n, each in enumerate(decision.added) if each.state is ContactState.TENTATIVE)
        for before, _ in decision.bumped:
            known.book.drop(before)
        for contact in decision.added:
            known.book.add(contact)
        known.contacts |= {each.contact_id: each for each in decision.added}
        known.contacts |= {after.contact_id: after for _, after in decision.bumped}
        known.agreements, known.holds = agreements, holds
        return decision

    def _contact(self, asking: Asking, known: Known, request: ContactRequest, agreements: AgreementBook) -> Contact:
        """Return the new contact of a request, committed where it is the agency's to commit."""
        reservation, station = asking.reservation, known.stations[request.station_id]
        start, end = occupied_interval(request, station)
        own = station.agency_id in asking.owned_agency_ids
        hold_s = reservation.hold_s or (
            self._terms.consent_hold_s if reservation.commit else self._terms.pencilled_hold_s
        )
        held = Contact(
            contact_id=new_identifier(),
            station_id=request.station_id,
            asset_id=request.asset_id,
            mission_id=reservation.mission_id,
            agency_id=asking.identity.agency_id,
            start_time=request.start_time,
            end_time=request.end_time,
            occupied_start_time=start,
            occupied_end_time=end,
            state=ContactState.TENTATIVE,
            version=1,
            hold_until_time=min(known.now + timedelta(seconds=hold_s), request.start_time),
            plan_id=reservation.plan_id,
            window_set_id=request.window_set_id,
            window_id=request.window_id,
            updated_time=known.now,
            cause=ContactCause.OFFERED,
            station_agency_id=station.agency_id,
            priority=reservation.priority if own else 0,
            unchecked=request.unchecked,
            notice_s=self._terms.notice_s,
        )
        return self.committed(held, agreements, own=own) or held if reservation.commit else held

    def committed(self, contact: Contact, agreements: AgreementBook, *, own: bool) -> Contact | None:
        """Return a held contact as its agency may commit it itself, in the same version; None where it may not."""
        if own:
            return replace(
                contact, state=ContactState.COMMITTED, cause=ContactCause.COMMITTED, hold_until_time=None, notice_s=0.0
            )
        agreement = agreements.commit(contact)
        if agreement is None:
            return None
        return replace(
            contact,
            state=ContactState.COMMITTED,
            cause=ContactCause.COMMITTED,
            hold_until_time=None,
            agreement_id=agreement.agreement_id,
            priority=agreement.priority,
            notice_s=agreement.notice_s or self._terms.notice_s,
        )


def _check_priority(asking: Asking, known: Known) -> None:
    stations = (known.stations.get(request.station_id) for request in asking.reservation.requests)
    if asking.reservation.priority and not any(s and s.agency_id in asking.owned_agency_ids for s in stations):
        message = "only the owner of an antenna states a priority; by an agreement a contact has the agreement's"
        fault = Fault("priority", "NOT_OWNER", message)
        raise InvalidInputError("INVALID_RESERVATION", "the reservation has 1 faults", faults=[fault])


def _displaced(asking: Asking, known: Known, added: Sequence[Contact]) -> list[tuple[Contact, Contact]]:
    """Return what new contacts displace, before and after; raise CONTACT_CONFLICT for what they may not."""
    conflicts: list[tuple[int, Obstacle]] = []
    bumped: dict[str, tuple[Contact, Contact]] = {}
    for index, contact in enumerate(added):
        span = (contact.occupied_start_time, contact.occupied_end_time)
        for obstacle in known.book.conflicts(contact.station_id, *span):
            other = obstacle.contact
            if obstacle.identifier in asking.free_ids:
                continue
            if other is None or not (asking.reservation.bump and _yields(other, contact, known.now)):
                conflicts.append((index, obstacle))
            else:
                reason = f"displaced by a booking of priority {contact.priority}"
                after = other.changed(ContactState.CANCELLED, ContactCause.BUMPED, known.now, reason)
                bumped[other.contact_id] = (other, after)
    if conflicts:
        raise contact_conflict(conflicts, asking.identity.agency_id, asking.owned_agency_ids)
    return list(bumped.values())


def _yields(other: Contact, contact: Contact, now: datetime) -> bool:
    """Return whether a booking yields to another of higher priority, with the notice that it was promised."""
    promised = contact.state is ContactState.COMMITTED
    return promised and contact.priority > other.priority and other.may_be_taken_back(now)
