"""Reading and withdrawing requests."""

from collections.abc import Sequence
from dataclasses import replace

from malapert_core.db.database import Database
from malapert_core.errors import NotFoundError
from malapert_core.policy.charter import Part
from malapert_core.policy.identity import Identity
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.domain.requests.lifecycle import check_version, transition
from malapert_payload.domain.requests.naming import own_name
from malapert_payload.domain.requests.request import ActivityRequest, Origin, RequestFilter, RequestState
from malapert_payload.services.access import MissionAccess, Viewer
from malapert_payload.services.catalogue_reader import CatalogueReader
from malapert_payload.services.holds import DemandHolds
from malapert_payload.services.ownership import require_own
from malapert_payload.services.ports import Stores
from malapert_payload.services.record import RequestRecord
from malapert_payload.storage.requests import RequestStore


class RequestService:
    """Holds what the teams ask for.

    Parameters
    ----------
    database : Database
    stores : Stores
    reader : CatalogueReader
    record : RequestRecord
    access : MissionAccess
    holds : DemandHolds
    """

    def __init__(
        self,
        database: Database,
        stores: Stores,
        reader: CatalogueReader,
        record: RequestRecord,
        access: MissionAccess,
        holds: DemandHolds,
    ) -> None:
        self._database = database
        self._catalogues = stores.catalogues
        self._requests = stores.requests
        self._reader = reader
        self._record = record
        self._access = access
        self._holds = holds

    async def get(self, mission_id: str, request_id: str, identity: Identity) -> ActivityRequest:
        """Return a request, with what holds it back.

        Raises
        ------
        NotFoundError
            UNKNOWN_MISSION; UNKNOWN_REQUEST also where the viewer may not see it.
        """
        viewer = await self._access.enter(mission_id, identity)
        async with self._database.reading() as session:
            found = await seen_request(session, self._requests, mission_id, request_id, viewer)
            return (await self._shown(session, mission_id, [found], viewer))[0]

    async def page(
        self, mission_id: str, wanted: RequestFilter, limit: int, identity: Identity
    ) -> tuple[list[ActivityRequest], bool]:
        """Return at most so many requests that the viewer sees, by identifier, and whether there are more.

        Raises
        ------
        NotFoundError
            UNKNOWN_MISSION.
        """
        viewer = await self._access.enter(mission_id, identity)
        async with self._database.reading() as session:
            found = await self._requests.page(session, mission_id, viewer.read_scope(), wanted, limit + 1)
            shown = await self._shown(session, mission_id, found[:limit], viewer)
        return shown, len(found) > limit

    async def cancel(
        self, mission_id: str, request_id: str, seen_version: int, reason: str, identity: Identity
    ) -> ActivityRequest:
        """Withdraw a request and return it CANCELLED.

        Raises
        ------
        NotFoundError
            As `get`.
        PermissionDeniedError
            FOREIGN_AGENCY where it is another agency's.
        ConflictError
            STALE_VERSION where the version seen is not the newest; 0 skips the check.
        PreconditionError
            ILLEGAL_TRANSITION where its state does not allow it.
        """
        viewer = await self._access.enter(mission_id, identity, Part.CONTRIBUTOR)
        async with self._database.transaction() as session:
            await self._catalogues.lock_mission(session, mission_id)
            before = await seen_request(session, self._requests, mission_id, request_id, viewer)
            require_own([before], viewer)
            check_version(before, seen_version)
            after = transition(before, RequestState.CANCELLED, viewer.change(reason))
            after = replace(after, standing=replace(after.standing, origin=Origin.AGENCY))
            await self._record.keep(session, [(before, after)])
        return viewer.shown(after)

    async def _shown(
        self, session: AsyncSession, mission_id: str, requests: Sequence[ActivityRequest], viewer: Viewer
    ) -> list[ActivityRequest]:
        catalogue = await self._reader.current(session, mission_id)
        named = {r.request_id for item in requests if not viewer.owns(item) for r in item.relations}
        related = await self._requests.find_all(session, mission_id, named)
        hidden = {key for key, item in related.items() if not viewer.sees(item)}
        held = await self._holds.added(session, catalogue, requests, viewer.now)
        return [viewer.shown(request, hidden) for request in held]


async def seen_request(
    session: AsyncSession, requests: RequestStore, mission_id: str, request_id: str, viewer: Viewer
) -> ActivityRequest:
    """Return a request that a viewer sees; one of its own agency's namespace by its short name as well.

    Raises
    ------
    NotFoundError
        UNKNOWN_REQUEST.
    """
    own = own_name(viewer.agency_id, request_id)
    found = await requests.find_all(session, mission_id, {request_id, own})
    for name in (request_id, own):
        if name in found and viewer.sees(found[name]):
            return found[name]
    raise NotFoundError("request", request_id)
