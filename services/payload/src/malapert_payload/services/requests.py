"""Reading, withdrawing and expanding requests."""

from collections.abc import Sequence

from malapert_core.db.database import Database
from malapert_core.errors import NotFoundError, PermissionDeniedError, PreconditionError
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.domain.expansion.expansion import Expansion, expand, outstanding
from malapert_payload.domain.requests.lifecycle import PLANNABLE_STATES, Change, check_version, transition
from malapert_payload.domain.requests.request import ActivityRequest, RequestFilter, RequestState
from malapert_payload.domain.requests.visibility import Viewer, read_scope_of
from malapert_payload.domain.science.rating import ice_factor
from malapert_payload.domain.science.science import PlaceLight, ice_proxy
from malapert_payload.services.catalogue_reader import CatalogueReader
from malapert_payload.services.ownership import require_own
from malapert_payload.services.ports import Clock, Stores
from malapert_payload.services.record import RequestRecord


class RequestService:
    """Holds what the teams ask for.

    Parameters
    ----------
    database : Database
    stores : Stores
    reader : CatalogueReader
    record : RequestRecord
    clock : Clock
    """

    def __init__(
        self, database: Database, stores: Stores, reader: CatalogueReader, record: RequestRecord, clock: Clock
    ) -> None:
        self._database = database
        self._catalogues = stores.catalogues
        self._requests = stores.requests
        self._reader = reader
        self._record = record
        self._clock = clock

    async def get(self, mission_id: str, request_id: str, viewer: Viewer) -> ActivityRequest:
        """Return a request.

        Raises
        ------
        NotFoundError
            UNKNOWN_MISSION; UNKNOWN_REQUEST also where the viewer may not see it.
        """
        async with self._database.reading() as session:
            return await self._seen(session, mission_id, request_id, viewer)

    async def page(
        self, mission_id: str, wanted: RequestFilter, limit: int, viewer: Viewer
    ) -> tuple[list[ActivityRequest], bool]:
        """Return at most so many requests that the viewer sees, by identifier, and whether there are more.

        Raises
        ------
        NotFoundError
            UNKNOWN_MISSION.
        """
        async with self._database.reading() as session:
            catalogue = await self._reader.current(session, mission_id)
            read_scope = read_scope_of(viewer, catalogue.agency_ids)
            found = await self._requests.page(session, mission_id, read_scope, wanted, limit + 1)
        return found[:limit], len(found) > limit

    async def cancel(
        self, mission_id: str, request_id: str, seen_version: int, reason: str, viewer: Viewer
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
        async with self._database.transaction() as session:
            await self._catalogues.lock_mission(session, mission_id)
            before = await self._seen(session, mission_id, request_id, viewer)
            require_own([before], viewer)
            check_version(before, seen_version)
            change = Change(viewer.agency_id, self._clock(), reason)
            after = transition(before, RequestState.CANCELLED, change)
            await self._record.keep(session, [(before, after)])
        return after

    async def expand(
        self, mission_id: str, mission_version: int, places: Sequence[PlaceLight], viewer: Viewer
    ) -> Expansion:
        """Return what is to be planned of the mission as single activities, by the catalogue in force.

        Where ice is likely at places whose light is given, requests are worth more, as the science model says.

        Raises
        ------
        PermissionDeniedError
            NOT_A_PLANNER where the viewer does not plan for the mission's agencies.
        NotFoundError
            UNKNOWN_MISSION or UNKNOWN_MISSION_VERSION.
        PreconditionError
            OLD_MISSION_VERSION where the version is not the newest: requests belong to that one.
        """
        async with self._database.reading() as session:
            catalogue = await self._reader.version(session, mission_id, mission_version)
            if not viewer.may_plan(catalogue.agency_ids):
                message = "expansion shows the requests of every agency; it is for planners of the mission's agencies"
                raise PermissionDeniedError("NOT_A_PLANNER", message)
            newest = await self._catalogues.newest_version(session, mission_id)
            if catalogue.mission_version != newest:
                message = f"the requests of mission {mission_id} belong to version {newest}; expand that one"
                raise PreconditionError("OLD_MISSION_VERSION", message, metadata={"newest_version": str(newest)})
            current = await self._reader.current(session, mission_id)
            requests = await self._requests.of_states(session, mission_id, PLANNABLE_STATES)
            done = await self._requests.of_states(session, mission_id, [RequestState.PROCESSED])
        model = current.science
        ice = {place.place_id: ice_proxy(model, place) for place in places} if model else {}
        return expand(
            current,
            [request for request in requests if outstanding(request, current)],
            {request.request_id for request in done},
            lambda request: ice_factor(current, request, ice),
        )

    async def _seen(self, session: AsyncSession, mission_id: str, request_id: str, viewer: Viewer) -> ActivityRequest:
        catalogue = await self._reader.current(session, mission_id)
        request = await self._requests.find(session, mission_id, request_id)
        if request is None or not read_scope_of(viewer, catalogue.agency_ids).admits(request):
            raise NotFoundError("request", request_id)
        return request
