"""Publishing versions of instruments and activity types, and reading them."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from malapert_core.db.database import Database
from malapert_core.errors import ConflictError, Fault, InvalidInputError, NotFoundError, PermissionDeniedError
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.domain.catalogue.activity_type import ActivityType
from malapert_payload.domain.catalogue.catalogue import Catalogue, item_id
from malapert_payload.domain.catalogue.figures import in_own_units
from malapert_payload.domain.catalogue.instrument import Instrument
from malapert_payload.domain.catalogue.versions import ItemHistory, ItemKey, ItemVersion, in_force, key_of, published
from malapert_payload.domain.requests.lifecycle import LIVE_STATES, Change
from malapert_payload.domain.requests.visibility import Viewer
from malapert_payload.domain.validation.activity_types import activity_type_faults
from malapert_payload.domain.validation.identifiers import identifier_faults
from malapert_payload.domain.validation.instruments import instrument_faults
from malapert_payload.domain.validation.requests import request_faults
from malapert_payload.services.catalogue_reader import CatalogueReader
from malapert_payload.services.ports import Announcer, Clock, Stores

ItemT = TypeVar("ItemT", Instrument, ActivityType)


class ItemService:
    """Takes versions of instruments and activity types from the agencies that own them.

    Parameters
    ----------
    database : Database
    stores : Stores
    reader : CatalogueReader
    announcer : Announcer
    clock : Clock
    """

    def __init__(
        self, database: Database, stores: Stores, reader: CatalogueReader, announcer: Announcer, clock: Clock
    ) -> None:
        self._database = database
        self._stores = stores
        self._reader = reader
        self._announcer = announcer
        self._clock = clock

    async def publish(
        self, mission_id: str, item: ItemT, seen_version: int, reason: str, viewer: Viewer, *, validate_only: bool
    ) -> ItemT:
        """Take the next version of an instrument or activity type and return it; the same content gives the same one.

        Figures are kept in the units that the contract names, whatever unit of their dimension they come in.

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
        item = replace(in_own_units(item), version=0)
        if isinstance(item, ActivityType) and not item.agency_id:
            item = replace(item, agency_id=viewer.agency_id)
        opening = self._database.reading() if validate_only else self._database.transaction()
        async with opening as session:
            if not validate_only:
                await self._stores.catalogues.lock_mission(session, mission_id)
            current = await self._reader.current(session, mission_id)
            histories = await self._stores.items.of_mission(session, mission_id)
            key, change = key_of(item), Change(viewer.agency_id, self._clock(), reason or "published")
            before = histories.get(key, ItemHistory())
            _require_own(item, before, viewer)
            _require_newest(before, key, seen_version)
            after = {**histories, key: published(before, item, change)}
            candidate = in_force(current, after)
            await self._require_valid(session, after[key].newest.item, candidate)
            if not validate_only and after[key] != before:
                await self._stores.items.save(session, mission_id, histories, after)
                self._announcer.announce_item(session, mission_id, after[key].newest.item, viewer.agency_id)
        return after[key].newest.item  # type: ignore[return-value]

    async def versions(self, mission_id: str, key: ItemKey) -> tuple[ItemVersion, ...]:
        """Return every version of an instrument or activity type, oldest first.

        Raises
        ------
        NotFoundError
            UNKNOWN_MISSION, UNKNOWN_INSTRUMENT or UNKNOWN_ACTIVITY_TYPE.
        """
        async with self._database.reading() as session:
            await self._reader.current(session, mission_id)
            histories = await self._stores.items.of_mission(session, mission_id)
        if key not in histories:
            raise NotFoundError(key[0].replace("_", " "), key[1])
        return histories[key].versions

    async def _require_valid(
        self, session: AsyncSession, item: Instrument | ActivityType, candidate: Catalogue
    ) -> None:
        if isinstance(item, Instrument):
            reason, name, id_field = "INVALID_INSTRUMENT", "instrument", "instrument_id"
            faults = list(instrument_faults(item, name, candidate))
            faults += _broken_types(item, candidate)
        else:
            reason, name, id_field = "INVALID_ACTIVITY_TYPE", "activity_type", "activity_type_id"
            faults = list(activity_type_faults(item, name, candidate))
            if not faults:
                faults += await self._broken_requests(session, item, candidate)
        faults += [
            Fault(f"{name}.{id_field}", fault.code, fault.message)
            for fault in identifier_faults([item_id(item)], name, id_field)
        ]
        if faults:
            message = f"the {name.replace('_', ' ')} {item_id(item)!r} has {len(faults)} faults; nothing was taken"
            raise InvalidInputError(reason, message, faults=faults)

    async def _broken_requests(self, session: AsyncSession, item: ActivityType, candidate: Catalogue) -> list[Fault]:
        """Return a fault for each live request that uses the newest version and would not be valid any more."""
        live = await self._stores.requests.of_states(session, candidate.mission_id, LIVE_STATES)
        known = {request.request_id for request in live} | {
            relation.request_id for request in live for relation in request.relations
        }
        faults = []
        for request in live:
            if request.activity_type_id == item.activity_type_id and not request.activity_type_version:
                broken = list(request_faults(request, request.request_id, candidate, known))
                faults += [
                    Fault("activity_type", "BREAKS_REQUEST", f"{fault.path}: {fault.message}") for fault in broken
                ]
        return faults


def _broken_types(item: Instrument, candidate: Catalogue) -> Iterator[Fault]:
    """Yield a fault for each fault that the newest version would bring into an activity type."""
    for kind in candidate.activity_types:
        if any(use.instrument_id == item.instrument_id and not use.version for use in kind.uses()):
            for fault in activity_type_faults(kind, kind.activity_type_id, candidate):
                yield Fault("instrument.modes", "BREAKS_ACTIVITY_TYPE", f"{fault.path}: {fault.message}")


def _require_own(item: Instrument | ActivityType, before: ItemHistory, viewer: Viewer) -> None:
    owners = [item.agency_id] + ([before.newest.item.agency_id] if before.versions else [])
    # An activity type of the mission's document has no agency of its own; whoever plans the mission may go on with it.
    foreign = [agency_id for agency_id in owners if agency_id and not viewer.may_act_for(agency_id)]
    if foreign:
        name = "instrument" if isinstance(item, Instrument) else "activity_type"
        message = f"it belongs to {foreign[0]}; agency {viewer.agency_id!r} publishes its own only"
        fault = Fault(f"{name}.agency_id", "FOREIGN_AGENCY", message)
        raise PermissionDeniedError("FOREIGN_AGENCY", message, faults=[fault])


def _require_newest(before: ItemHistory, key: ItemKey, seen_version: int) -> None:
    newest = before.newest.record.version if before.versions else 0
    if seen_version not in (0, newest):
        message = f"{key[0].replace('_', ' ')} {key[1]} is at version {newest}, not {seen_version}; read it again"
        raise ConflictError("STALE_VERSION", message, metadata={"version": str(newest)})
