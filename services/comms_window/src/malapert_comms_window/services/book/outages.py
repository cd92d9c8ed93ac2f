"""Outages of antennas, and what becomes of the contacts that they hit."""

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database
from malapert_core.db.idempotency import recall, remember
from malapert_core.errors import ExhaustedError, Fault, InvalidInputError, NotFoundError
from malapert_core.policy.identity import Identity
from malapert_core.vocabulary.identifiers import new_identifier
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_comms_window.domain.contact_requests import ContactRequest, occupied_interval
from malapert_comms_window.domain.contacts import Contact, ContactCause, ContactState
from malapert_comms_window.domain.outages import Outage, OutageKind, outage_span_faults
from malapert_comms_window.domain.stations import Station
from malapert_comms_window.services.book.antenna_book import AntennaBook
from malapert_comms_window.services.book.keeper import ContactKeeper
from malapert_comms_window.services.ports import Announcer, Clock
from malapert_comms_window.services.registry.ownership import StationOwners
from malapert_comms_window.storage.contacts import ContactStore
from malapert_comms_window.storage.outages import OutageStore
from malapert_comms_window.storage.stations import StationStore
from malapert_comms_window.storage.window_sets import WindowSetStore

MOST_OUTAGES = 1000
"""Outages of one antenna that are under way or to come."""


@dataclass(frozen=True, slots=True)
class OutageRequest:
    """Request for an outage; `move_contacts` lets another antenna of the complex take the place of the one that is
    out."""

    idempotency_key: str
    request_hash: str
    station_id: str
    start_time: datetime
    end_time: datetime
    kind: OutageKind | None
    reason: str
    move_contacts: bool


@dataclass(frozen=True, slots=True)
class OutageEffect:
    """An outage, the contacts it cancelled, and those that took their place: (identifier it was, contact)."""

    outage: Outage
    cancelled: tuple[Contact, ...]
    moved: tuple[tuple[str, Contact], ...]


class OutageService:
    """Keeps outages.

    Parameters
    ----------
    database : Database
    outages : OutageStore
    contacts : ContactStore
    stations : StationStore
    window_sets : WindowSetStore
    keeper : ContactKeeper
    owners : StationOwners
    announcer : Announcer
    audit : AuditTrail
    clock : Clock
    """

    def __init__(
        self,
        database: Database,
        outages: OutageStore,
        contacts: ContactStore,
        stations: StationStore,
        window_sets: WindowSetStore,
        keeper: ContactKeeper,
        owners: StationOwners,
        announcer: Announcer,
        audit: AuditTrail,
        clock: Clock,
    ) -> None:
        self._audit = audit
        self._database = database
        self._outages = outages
        self._contacts = contacts
        self._stations = stations
        self._window_sets = window_sets
        self._keeper = keeper
        self._owners = owners
        self._announcer = announcer
        self._clock = clock

    async def add(self, request: OutageRequest, identity: Identity) -> OutageEffect:
        """Put an outage on an antenna; a contact that it hits is cancelled, or fails where it is under way.

        Raises
        ------
        InvalidInputError
            ``INVALID_OUTAGE`` with every fault.
        PermissionDeniedError
            ``FOREIGN_STATION`` where the antenna is another agency's.
        ConflictError
            ``IDEMPOTENCY_KEY_REUSED``.
        ExhaustedError
            ``TOO_MANY_OUTAGES`` where as many of the antenna are under way or to come as may be.
        """
        scope = f"add_outage:{identity.agency_id}"
        async with self._database.transaction() as session:
            stations = await self._stations.all(session)
            kind = self._checked(request, stations)
            station = stations[request.station_id]
            self._owners.require(station.station_id, station.agency_id, identity)
            owners_complex = (station.agency_id, station.complex_name)
            beside = [each for each in stations.values() if (each.agency_id, each.complex_name) == owners_complex]
            await self._contacts.lock_antennas(session, [other.station_id for other in beside])
            earlier = await recall(session, request.idempotency_key, scope, request.request_hash)
            if earlier is not None:
                return await self._effect(session, json.loads(earlier))
            if await self._outages.count_of_station(session, request.station_id, self._clock()) >= MOST_OUTAGES:
                message = f"{request.station_id} has {MOST_OUTAGES} outages to come; take one away, or join some"
                raise ExhaustedError("TOO_MANY_OUTAGES", message, metadata={"limit": str(MOST_OUTAGES)})
            outage = Outage(
                outage_id=new_identifier(),
                station_id=request.station_id,
                start_time=request.start_time,
                end_time=request.end_time,
                kind=kind,
                reason=request.reason,
                agency_id=identity.agency_id,
            )
            await self._outages.add(session, outage)
            self._announcer.outage_added(session, outage)
            self._audit.record(session, "outage.added", entity_kind="outage", entity_id=outage.outage_id)
            effect = await self._apply(session, outage, beside if request.move_contacts else [], identity)
            await remember(
                session, request.idempotency_key, scope, request.request_hash, json.dumps(_record_of(effect)).encode()
            )
        return effect

    async def remove(self, outage_id: str, identity: Identity) -> Outage:
        """Take an outage away and return it; contacts that it cancelled stay cancelled.

        Raises
        ------
        NotFoundError
            ``UNKNOWN_OUTAGE``.
        PermissionDeniedError
            ``FOREIGN_STATION``.
        """
        async with self._database.transaction() as session:
            outage = await self._outages.find(session, outage_id)
            if outage is None:
                raise NotFoundError("outage", outage_id)
            stations = await self._stations.find(session, [outage.station_id])
            station = stations.get(outage.station_id)
            # Of an antenna that is gone, who put the outage in takes it away.
            owner = station.agency_id if station else outage.agency_id
            self._owners.require(outage.station_id, owner, identity)
            await self._contacts.lock_antennas(session, [outage.station_id])
            await self._outages.remove(session, outage_id)
            self._announcer.outage_removed(session, outage)
            self._audit.record(session, "outage.removed", entity_kind="outage", entity_id=outage_id)
        return outage

    async def page(
        self,
        station_id: str,
        kinds: Collection[OutageKind],
        span: tuple[datetime, datetime] | None,
        after: tuple[datetime, str] | None,
        limit: int,
    ) -> list[Outage]:
        """Return outages in order of their start."""
        async with self._database.reading() as session:
            return await self._outages.page(session, station_id, kinds, span, after, limit)

    def _checked(self, request: OutageRequest, stations: dict[str, Station]) -> OutageKind:
        faults = outage_span_faults(request.start_time, request.end_time, self._clock())
        if request.station_id not in stations:
            faults.append(Fault("station_id", "UNKNOWN_STATION", f"there is no station {request.station_id!r}"))
        if not request.idempotency_key:
            faults.append(Fault("idempotency_key", "MISSING", "a key that makes a repeated call harmless is needed"))
        if request.kind is None:
            faults.append(Fault("kind", "UNKNOWN_KIND", f"one of {', '.join(OutageKind)} is needed"))
        if faults or request.kind is None:
            raise InvalidInputError("INVALID_OUTAGE", f"the outage has {len(faults)} faults", faults=faults)
        return request.kind

    async def _apply(
        self, session: AsyncSession, outage: Outage, beside: list[Station], identity: Identity
    ) -> OutageEffect:
        now = self._clock()
        span = (outage.station_id, outage.start_time, outage.end_time)
        hit = [each for each in await self._contacts.overlapping(session, [span]) if each.holds_antenna_at(now)]
        reason = f"outage {outage.outage_id}: {outage.kind}" + (f", {outage.reason}" if outage.reason else "")
        cancelled, moved = [], []
        for contact in hit:
            active = contact.state_at(now) is ContactState.ACTIVE
            state = ContactState.FAILED if active else ContactState.CANCELLED
            after = contact.changed(state, ContactCause.OUTAGE, now, reason)
            cancelled.append(await self._keeper.change(session, contact, after, identity))
            new = None if active else await self._moved(session, contact, beside, now)
            if new is not None:
                await self._keeper.add(session, [new], {new.contact_id: identity})
                moved.append((contact.contact_id, new))
                self._announcer.contact_moved(session, after, new)
        return OutageEffect(outage, tuple(cancelled), tuple(moved))

    async def _moved(
        self, session: AsyncSession, contact: Contact, beside: list[Station], now: datetime
    ) -> Contact | None:
        """Return the contact on another antenna of the complex that sees the same and is free at the same time."""
        if not contact.window_id or not beside:
            return None
        key, span = (contact.window_set_id, contact.window_id), (contact.start_time, contact.end_time)
        windows = await self._window_sets.beside(session, key, span)
        holding = {each.station_id: each for each in windows if each.start_time <= span[0] and span[1] <= each.end_time}
        for station in sorted(beside, key=lambda each: (each.cost_per_hour.value, each.station_id)):
            window = holding.get(station.station_id)
            if window is None or station.station_id == contact.station_id:
                continue
            asked = ContactRequest(station.station_id, contact.asset_id, *span)
            start, end = occupied_interval(asked, station)
            place = [(station.station_id, start, end)]
            book = await AntennaBook.read(session, self._contacts, self._outages, place, now)
            if not book.conflicts(*place[0]):
                return replace(
                    contact,
                    contact_id=new_identifier(),
                    station_id=station.station_id,
                    occupied_start_time=start,
                    occupied_end_time=end,
                    version=1,
                    window_id=window.window_id,
                    moved_from_contact_id=contact.contact_id,
                    cause=ContactCause.MOVED,
                    updated_time=now,
                    # Where it is moved is the owner's doing: it costs the partner no hours.
                    agreement_id="",
                )
        return None

    async def _effect(self, session: AsyncSession, record: dict[str, list[str]]) -> OutageEffect:
        """Return what an earlier call did, as it stands now."""
        (outage_id,) = record["outage"]
        outage = await self._outages.find(session, outage_id)
        if outage is None:
            raise NotFoundError("outage", outage_id)
        found = await self._contacts.find_all(session, [*record["cancelled"], *record["moved"]])
        pairs = zip(record["moved_from"], record["moved"], strict=True)
        return OutageEffect(
            outage,
            tuple(found[contact_id] for contact_id in record["cancelled"]),
            tuple((before, found[after]) for before, after in pairs),
        )


def _record_of(effect: OutageEffect) -> dict[str, list[str]]:
    return {
        "outage": [effect.outage.outage_id],
        "cancelled": [contact.contact_id for contact in effect.cancelled],
        "moved": [contact.contact_id for _, contact in effect.moved],
        "moved_from": [before for before, _ in effect.moved],
    }
