"""Publishing versions of instruments and activity types, and reading them."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database
from malapert_core.errors import ConflictError, Fault, InvalidInputError, NotFoundError, PermissionDeniedError
from malapert_core.policy.charter import Part
from malapert_core.policy.identity import Identity
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.domain.catalogue.activity_type import ActivityType
from malapert_payload.domain.catalogue.catalogue import Catalogue, item_id
from malapert_payload.domain.catalogue.figures import in_own_units
from malapert_payload.domain.catalogue.instrument import Instrument
from malapert_payload.domain.catalogue.versions import ItemHistory, ItemKey, ItemVersion, in_force, key_of, published
from malapert_payload.domain.requests.lifecycle import LIVE_STATES, Change, record
from malapert_payload.domain.requests.request import ActivityRequest
from malapert_payload.domain.validation.activity_types import activity_type_faults
from malapert_payload.domain.validation.identifiers import identifier_faults
from malapert_payload.domain.validation.instruments import instrument_faults
from malapert_payload.domain.validation.requests import request_faults
from malapert_payload.services.access import MissionAccess, Viewer
from malapert_payload.services.catalogue_reader import CatalogueReader
from malapert_payload.services.ports import Announcer, Stores
from malapert_payload.services.record import RequestRecord

ItemT = TypeVar("ItemT", Instrument, ActivityType)


class ItemService:
    """Takes versions of instruments and activity types from the agencies that own them.

    Parameters
    ----------
    database : Database
    stores : Stores
    reader : CatalogueReader
    announcer : Announcer
    record : RequestRecord
    access : MissionAccess
    audit : AuditTrail
    """

    def __init__(
        self,
        database: Database,
        stores: Stores,
        reader: CatalogueReader,
        announcer: Announcer,
        record: RequestRecord,
        access: MissionAccess,
        audit: AuditTrail,
    ) -> None:
        self._database = database
        self._stores = stores
        self._reader = reader
        self._announcer = announcer
        self._record = record
        self._access = access
        self._audit = audit

    async def publish(
        self, mission_id: str, item: ItemT, seen_version: int, reason: str, identity: Identity, *, validate_only: bool
    ) -> ItemT:
        """Take the next version of an instrument or activity type and return it; the same content gives the same one.

        It belongs to the agency that publishes it first, and to that alone; what a mission's document lists without an
        agency belongs to the mission's owners. Figures are kept in the units that the contract names, whatever unit of
        their dimension they come in. A request of another agency that only that one sees, and which the version would
        break, goes on with the version before.

        Raises
        ------
        NotFoundError
            UNKNOWN_MISSION.
        PermissionDeniedError
            FOREIGN_AGENCY where it belongs to another agency, or would.
        ConflictError
            STALE_VERSION where the version seen is not the newest; 0 skips the check.
        InvalidInputError
            INVALID_INSTRUMENT or INVALID_ACTIVITY_TYPE with every fault, among them what the version would break.
        """
        viewer = await self._access.enter(mission_id, identity, Part.CONTRIBUTOR)
        opening = self._database.reading() if validate_only else self._database.transaction()
        async with opening as session:
            if not validate_only:
                await self._stores.catalogues.lock_mission(session, mission_id)
            current = viewer.with_members(await self._reader.current(session, mission_id))
            histories = await self._stores.items.of_mission(session, mission_id)
            before = histories.get(key_of(item), ItemHistory())
            item = _owned(replace(in_own_units(item), version=0), before, viewer)
            _require_own(item, before, viewer)
            key, change = key_of(item), viewer.change(reason or "published")
            _require_newest(before, key, seen_version)
            after = {**histories, key: published(before, item, change)}
            candidate = in_force(current, after)
            broken = await self._require_valid(session, after[key].newest.item, candidate, viewer)
            if not validate_only and after[key] != before:
                await self._stores.items.save(session, mission_id, histories, after)
                await self._record.keep(session, [(each, _kept_as_it_was(each, before, change)) for each in broken])
                self._announcer.announce_item(session, mission_id, after[key].newest.item, viewer.agency_id)
                self._audit.record(
                    session,
                    f"{key[0]}.published",
                    entity_kind=key[0],
                    entity_id=key[1],
                    mission_id=mission_id,
                    before_hash=before.newest.record.content_hash if before.versions else "",
                    after_hash=after[key].newest.record.content_hash,
                )
        return after[key].newest.item  # type: ignore[return-value]

    async def versions(self, mission_id: str, key: ItemKey, identity: Identity) -> tuple[ItemVersion, ...]:
        """Return the versions of an instrument or activity type that the viewer sees, oldest first.

        Raises
        ------
        NotFoundError
            UNKNOWN_MISSION, UNKNOWN_INSTRUMENT or UNKNOWN_ACTIVITY_TYPE.
        """
        viewer = await self._access.enter(mission_id, identity)
        async with self._database.reading() as session:
            await self._reader.current(session, mission_id)
            histories = await self._stores.items.of_mission(session, mission_id)
        history = histories.get(key, ItemHistory())
        seen = tuple(
            version
            for version in history.versions
            if viewer.sees_version(version.record.time, is_newest=history.in_force and version is history.newest)
        )
        if not seen:
            raise NotFoundError(key[0].replace("_", " "), key[1])
        return seen

    async def _require_valid(
        self, session: AsyncSession, item: Instrument | ActivityType, candidate: Catalogue, viewer: Viewer
    ) -> list[ActivityRequest]:
        """Return the requests that an item would break and that the viewer does not see; refuse any other fault."""
        unseen: list[ActivityRequest] = []
        if isinstance(item, Instrument):
            reason, name, id_field = "INVALID_INSTRUMENT", "instrument", "instrument_id"
            faults = list(instrument_faults(item, name, candidate))
            faults += _broken_types(item, candidate)
        else:
            reason, name, id_field = "INVALID_ACTIVITY_TYPE", "activity_type", "activity_type_id"
            faults = list(activity_type_faults(item, name, candidate))
            for request, broken in await self._broken_requests(session, item, candidate) if not faults else ():
                if viewer.sees(request):
                    faults += broken
                else:
                    unseen.append(request)
        faults += [
            Fault(f"{name}.{id_field}", fault.code, fault.message)
            for fault in identifier_faults([item_id(item)], name, id_field)
        ]
        if faults:
            message = f"the {name.replace('_', ' ')} {item_id(item)!r} has {len(faults)} faults; nothing was taken"
            raise InvalidInputError(reason, message, faults=faults)
        return unseen

    async def _broken_requests(
        self, session: AsyncSession, item: ActivityType, candidate: Catalogue
    ) -> list[tuple[ActivityRequest, list[Fault]]]:
        """Return each live request that uses the newest version and would not be valid any more, with its faults."""
        live = await self._stores.requests.of_states(session, candidate.mission_id, LIVE_STATES)
        known = {request.request_id for request in live} | {
            relation.request_id for request in live for relation in request.relations
        }
        found = []
        for request in live:
            is_of_it = request.activity_type_id == item.activity_type_id and not request.activity_type_version
            if not is_of_it or request.standing.not_valid:
                continue
            if broken := list(request_faults(request, request.request_id, candidate, known)):
                told = [Fault("activity_type", "BREAKS_REQUEST", f"{each.path}: {each.message}") for each in broken]
                found.append((request, told))
        return found


def _broken_types(item: Instrument, candidate: Catalogue) -> Iterator[Fault]:
    """Yield a fault for each fault that the newest version would bring into an activity type."""
    for kind in candidate.activity_types:
        if any(use.instrument_id == item.instrument_id and not use.version for use in kind.uses()):
            for fault in activity_type_faults(kind, kind.activity_type_id, candidate):
                yield Fault("instrument.modes", "BREAKS_ACTIVITY_TYPE", f"{fault.path}: {fault.message}")


def _owned(item: ItemT, before: ItemHistory, viewer: Viewer) -> ItemT:
    """Return an activity type that names no agency as that of whoever publishes it; one of the mission stays that."""
    if not isinstance(item, ActivityType) or item.agency_id or before.versions:
        return item
    return replace(item, agency_id=viewer.agency_id)


def _require_own(item: Instrument | ActivityType, before: ItemHistory, viewer: Viewer) -> None:
    """Refuse an item of another agency; one that was the mission's may become that of an owner of it."""
    name = "instrument" if isinstance(item, Instrument) else "activity_type"
    named = f"{name.replace('_', ' ')} {item_id(item)!r}"
    if before.versions:
        owner = before.newest.item.agency_id
        may_change = owner == viewer.agency_id if owner else viewer.owns_mission
        if not may_change:
            text = f"the {named} belongs to {owner or 'the mission, whose owners publish it'}"
            raise _foreign(name, f"{text}; agency {viewer.agency_id!r} publishes its own only")
    if item.agency_id != viewer.agency_id and (item.agency_id or not before.versions):
        raise _foreign(name, f"agency {viewer.agency_id!r} publishes its own only, not what is {item.agency_id!r}'s")


def _foreign(name: str, message: str) -> PermissionDeniedError:
    fault = Fault(f"{name}.agency_id", "FOREIGN_AGENCY", message)
    return PermissionDeniedError("FOREIGN_AGENCY", message, faults=[fault])


def _kept_as_it_was(request: ActivityRequest, before: ItemHistory, change: Change) -> ActivityRequest:
    """Return a request that goes on with the version of its activity type that it was made for."""
    version = before.newest.record.version
    reason = f"version {version} of {request.activity_type_id} goes on to hold; a newer one does not allow the request"
    return record(replace(request, activity_type_version=version), replace(change, reason=reason))


def _require_newest(before: ItemHistory, key: ItemKey, seen_version: int) -> None:
    newest = before.newest.record.version if before.versions else 0
    if seen_version not in (0, newest):
        message = f"{key[0].replace('_', ' ')} {key[1]} is at version {newest}, not {seen_version}; read it again"
        raise ConflictError("STALE_VERSION", message, metadata={"version": str(newest)})
