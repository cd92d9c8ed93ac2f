"""Leave to use another agency's instruments and activity types: asked for, decided, listed."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from malapert_core.audit.trail import AuditTrail
from malapert_core.background import in_turns
from malapert_core.db.database import Database
from malapert_core.errors import Fault, InvalidInputError, NotFoundError, PermissionDeniedError
from malapert_core.policy.charter import Part
from malapert_core.policy.identity import Identity
from malapert_core.vocabulary.identifiers import new_identifier
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.demand.use_permission import (
    ForeignItem,
    ItemKind,
    UsePermission,
    UseState,
    asked_again,
    decided,
    foreign_items,
    use_holds,
)
from malapert_payload.domain.requests.lifecycle import PLANNABLE_STATES, Change, record
from malapert_payload.domain.requests.request import ActivityRequest, HoldKind
from malapert_payload.services.access import MissionAccess, Viewer
from malapert_payload.services.catalogue_reader import CatalogueReader
from malapert_payload.services.ports import Announcer, Stores
from malapert_payload.services.record import RequestRecord
from malapert_payload.services.requests import seen_request


class UsePermissionService:
    """Keeps leaves between the agencies that own items and those that use them.

    Parameters
    ----------
    database : Database
    stores : Stores
    reader : CatalogueReader
    announcer : Announcer
    access : MissionAccess
    audit : AuditTrail
    requests : RequestRecord
    """

    def __init__(
        self,
        database: Database,
        stores: Stores,
        reader: CatalogueReader,
        announcer: Announcer,
        access: MissionAccess,
        audit: AuditTrail,
        requests: RequestRecord,
    ) -> None:
        self._database = database
        self._stores = stores
        self._reader = reader
        self._announcer = announcer
        self._access = access
        self._audit = audit
        self._requests = requests

    async def ask(
        self, mission_id: str, kind: ItemKind, item_id: str, request_id: str, reason: str, identity: Identity
    ) -> UsePermission:
        """Ask for leave, for all requests of the caller's agency or for one of them; what is there stays.

        Raises
        ------
        NotFoundError
            UNKNOWN_INSTRUMENT or UNKNOWN_ACTIVITY_TYPE; UNKNOWN_REQUEST where it is not the agency's.
        InvalidInputError
            INVALID_USE where the kind is not stated, or the item is the agency's own.
        """
        viewer = await self._access.enter(mission_id, identity, Part.CONTRIBUTOR)
        async with self._database.transaction() as session:
            await self._stores.catalogues.lock_mission(session, mission_id)
            item = _item(await self._reader.current(session, mission_id), kind, item_id, viewer.agency_id)
            if request_id:
                request = await seen_request(session, self._stores.requests, mission_id, request_id, viewer)
                if not viewer.owns(request):
                    raise NotFoundError("request", request_id)
                request_id = request.request_id
            permissions = await self._stores.demand.permissions(session, mission_id)
            change = viewer.change(reason)
            return await self._asked(session, permissions, item, (mission_id, request_id), change)

    async def decide(
        self, mission_id: str, permission_id: str, state: UseState, reason: str, identity: Identity
    ) -> UsePermission:
        """Grant, decline or withdraw a leave.

        Raises
        ------
        NotFoundError
            UNKNOWN_USE_PERMISSION, also where the caller's agency is neither of the two.
        PermissionDeniedError
            NOT_THE_OWNER for the agency that asks.
        InvalidInputError
            INVALID_USE where the decision is none.
        PreconditionError
            ILLEGAL_DECISION.
        """
        viewer = await self._access.enter(mission_id, identity, Part.OBSERVER)
        async with self._database.transaction() as session:
            await self._stores.catalogues.lock_mission(session, mission_id)
            found = [
                each
                for each in await self._stores.demand.permissions(session, mission_id)
                if each.permission_id == permission_id and _is_party(each, viewer)
            ]
            if not found:
                raise NotFoundError("use permission", permission_id)
            if found[0].owner_agency_id != viewer.agency_id:
                message = f"{found[0].owner_agency_id} decides who uses what is its own"
                raise PermissionDeniedError("NOT_THE_OWNER", message)
            if state in (UseState.UNSPECIFIED, UseState.ASKED):
                fault = Fault("state", "INVALID_DECISION", "allowed: GRANTED, DECLINED, WITHDRAWN")
                raise InvalidInputError("INVALID_USE", "the decision is none", faults=[fault])
            if found[0].state == state:
                return _shown(found[0], viewer)
            after = decided(found[0], state, viewer.change(reason))
            await self._keep(session, after)
            if found[0].state == UseState.GRANTED:
                await self._hold_back(session, after, viewer.change(reason))
        return _shown(after, viewer)

    async def listed(
        self, mission_id: str, states: Collection[UseState], kinds: Collection[ItemKind], identity: Identity
    ) -> list[UsePermission]:
        """Return the leaves of the caller's agency, given or asked for, by time of asking; none wanted means all."""
        viewer = await self._access.enter(mission_id, identity)
        async with self._database.reading() as session:
            found = await self._stores.demand.permissions(session, mission_id)
        return [
            _shown(each, viewer)
            for each in found
            if _is_party(each, viewer)
            and (not states or each.state in states)
            and (not kinds or each.item_kind in kinds)
        ]

    async def ask_for(
        self, session: AsyncSession, catalogue: Catalogue, requests: Sequence[ActivityRequest], viewer: Viewer
    ) -> None:
        """Ask for what requests need and nobody asked for yet; the mission must be locked."""
        found = await in_turns(lambda request: tuple(foreign_items(request, catalogue)), requests)
        wanted = sorted({item for items in found for item in items})
        if not wanted:
            return
        permissions = await self._stores.demand.permissions(session, catalogue.mission_id)
        for item in wanted:
            if not any(each.covers(item, viewer.agency_id, "") for each in permissions):
                change = viewer.change("needed by requests")
                await self._asked(session, permissions, item, (catalogue.mission_id, ""), change)

    async def _asked(
        self,
        session: AsyncSession,
        permissions: Sequence[UsePermission],
        item: ForeignItem,
        use: tuple[str, str],
        change: Change,
    ) -> UsePermission:
        mission_id, request_id = use
        same = [each for each in permissions if each.covers(item, change.agency_id, request_id)]
        before = next((each for each in same if each.request_id == request_id), None)
        after = (
            asked_again(before, change)
            if before
            else UsePermission(
                permission_id=new_identifier(),
                mission_id=mission_id,
                item_kind=item.item_kind,
                item_id=item.item_id,
                owner_agency_id=item.owner_agency_id,
                agency_id=change.agency_id,
                request_id=request_id,
                state=UseState.ASKED,
                reason=change.reason,
                asked_time=change.time,
                asked_by=change.principal_id,
            )
        )
        if after != before:
            await self._keep(session, after)
        return after

    async def _hold_back(self, session: AsyncSession, ended: UsePermission, change: Change) -> None:
        """Record on requests that they have no leave any more: plans may hold them."""
        catalogue = await self._reader.current(session, ended.mission_id)
        permissions = await self._stores.demand.permissions(session, ended.mission_id)
        item = ForeignItem(ended.item_kind, ended.item_id, ended.owner_agency_id)
        told = replace(
            change, reason=f"no leave to use the {item.text} any more" + (f": {change.reason}" if change.reason else "")
        )
        asked = await self._stores.requests.of_states(session, ended.mission_id, PLANNABLE_STATES)
        held = [
            request
            for request in asked
            if ended.covers(item, request.agency_id, request.request_id)
            and any(hold.item_id == ended.item_id for hold in use_holds(request, catalogue, permissions))
        ]
        changes = [(request, record(request, told)) for request in held]
        await self._requests.keep(session, changes, held_by=HoldKind.USE_PERMISSION)

    async def _keep(self, session: AsyncSession, permission: UsePermission) -> None:
        await self._stores.demand.save_permission(session, permission)
        self._audit.record(
            session,
            f"use_permission.{permission.state.name.lower()}",
            entity_kind="use_permission",
            entity_id=permission.permission_id,
            mission_id=permission.mission_id,
            detail=f"{permission.item_id} of {permission.owner_agency_id} by {permission.agency_id}",
        )
        self._announcer.announce_permission(session, permission)


def _item(catalogue: Catalogue, kind: ItemKind, item_id: str, agency_id: str) -> ForeignItem:
    if kind == ItemKind.UNSPECIFIED:
        fault = Fault("item_kind", "MISSING_KIND", "state which; allowed: INSTRUMENT, ACTIVITY_TYPE")
        raise InvalidInputError("INVALID_USE", "it is not said what is to be used", faults=[fault])
    found = catalogue.instrument(item_id) if kind == ItemKind.INSTRUMENT else catalogue.activity_type(item_id)
    if found is None:
        raise NotFoundError(kind.name.lower().replace("_", " "), item_id)
    if found.agency_id in ("", agency_id):
        fault = Fault("item_id", "OWN_ITEM", f"{item_id!r} needs no leave: it is the agency's own, or the mission's")
        raise InvalidInputError("INVALID_USE", "there is nobody to ask", faults=[fault])
    return ForeignItem(kind, item_id, found.agency_id)


def _is_party(permission: UsePermission, viewer: Viewer) -> bool:
    return viewer.identity.is_service or viewer.agency_id in (permission.agency_id, permission.owner_agency_id)


def _shown(permission: UsePermission, viewer: Viewer) -> UsePermission:
    """Return a leave with the principals of the viewer's agency alone."""
    if viewer.identity.is_service:
        return permission
    return replace(
        permission,
        asked_by=permission.asked_by if permission.agency_id == viewer.agency_id else "",
        decided_by=permission.decided_by if permission.owner_agency_id == viewer.agency_id else "",
    )
