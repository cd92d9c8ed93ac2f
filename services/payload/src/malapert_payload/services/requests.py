"""Submitting, reading, withdrawing and expanding requests."""

from collections.abc import Sequence

from malapert_core.database import Database
from malapert_core.errors import (
    Fault,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
    PreconditionError,
)
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.domain.catalogue import Catalogue
from malapert_payload.domain.expansion import Expansion, expand
from malapert_payload.domain.lifecycle import LIVE_STATES, Change, accept, check_version, transition
from malapert_payload.domain.request import ActivityRequest, RequestFilter, RequestState
from malapert_payload.domain.validation import submission_faults
from malapert_payload.domain.visibility import Viewer, sight_of
from malapert_payload.services.catalogues import stored_catalogue
from malapert_payload.services.ports import Clock
from malapert_payload.services.record import RequestRecord
from malapert_payload.storage.catalogues import CatalogueStore
from malapert_payload.storage.requests import RequestStore


class RequestService:
    """Holds what the teams ask for.

    Parameters
    ----------
    database : Database
    catalogues : CatalogueStore
    requests : RequestStore
    record : RequestRecord
    clock : Clock
    """

    def __init__(
        self,
        database: Database,
        catalogues: CatalogueStore,
        requests: RequestStore,
        record: RequestRecord,
        clock: Clock,
    ) -> None:
        self._database = database
        self._catalogues = catalogues
        self._requests = requests
        self._record = record
        self._clock = clock

    async def check(
        self, mission_id: str, requests: Sequence[ActivityRequest], viewer: Viewer
    ) -> tuple[ActivityRequest, ...]:
        """Return the requests as they would be accepted; raises as `submit` does."""
        async with self._database.reading() as session:
            return await self._accepted(session, mission_id, requests, viewer)

    async def submit(
        self, mission_id: str, requests: Sequence[ActivityRequest], viewer: Viewer
    ) -> tuple[ActivityRequest, ...]:
        """Take requests, all or none, and return them ACCEPTED.

        Raises
        ------
        NotFoundError
            UNKNOWN_MISSION.
        PermissionDeniedError
            FOREIGN_AGENCY where one is another agency's.
        InvalidInputError
            INVALID_REQUESTS with every fault.
        """
        async with self._database.transaction() as session:
            await self._catalogues.lock_mission(session, mission_id)
            accepted = await self._accepted(session, mission_id, requests, viewer)
            for request in accepted:
                await self._record.keep(session, None, request)
        return accepted

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
            catalogue = await stored_catalogue(self._catalogues, session, mission_id)
            sight = sight_of(viewer, catalogue.agency_ids)
            found = await self._requests.page(session, mission_id, sight, wanted, limit + 1)
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
            _require_own([before], viewer)
            check_version(before, seen_version)
            change = Change(viewer.agency_id, self._clock(), reason)
            after = transition(before, RequestState.CANCELLED, change)
            await self._record.keep(session, before, after)
        return after

    async def expand(self, mission_id: str, mission_version: int, viewer: Viewer) -> Expansion:
        """Return the mission's live requests as single activities, by the catalogue of its newest version.

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
            catalogue = await stored_catalogue(self._catalogues, session, mission_id, mission_version)
            if not viewer.may_plan(catalogue.agency_ids):
                message = "expansion shows the requests of every agency; it is for planners of the mission's agencies"
                raise PermissionDeniedError("NOT_A_PLANNER", message)
            newest = await self._catalogues.newest_version(session, mission_id)
            if catalogue.mission_version != newest:
                message = f"the requests of mission {mission_id} belong to version {newest}; expand that one"
                raise PreconditionError("OLD_MISSION_VERSION", message, metadata={"newest_version": str(newest)})
            return expand(catalogue, await self._requests.of_states(session, mission_id, LIVE_STATES))

    async def _seen(self, session: AsyncSession, mission_id: str, request_id: str, viewer: Viewer) -> ActivityRequest:
        catalogue = await stored_catalogue(self._catalogues, session, mission_id)
        request = await self._requests.find(session, mission_id, request_id)
        if request is None or not sight_of(viewer, catalogue.agency_ids).admits(request):
            raise NotFoundError("request", request_id)
        return request

    async def _accepted(
        self, session: AsyncSession, mission_id: str, requests: Sequence[ActivityRequest], viewer: Viewer
    ) -> tuple[ActivityRequest, ...]:
        catalogue = await stored_catalogue(self._catalogues, session, mission_id)
        _require_own(requests, viewer)
        stored = await self._requests.of_mission(session, mission_id)
        _require_valid(requests, catalogue, stored, viewer)
        change = Change(viewer.agency_id, self._clock(), "submitted")
        return tuple(accept(request.definition(), change) for request in requests)


def _require_valid(
    requests: Sequence[ActivityRequest], catalogue: Catalogue, stored: dict[str, ActivityRequest], viewer: Viewer
) -> None:
    sight = sight_of(viewer, catalogue.agency_ids)
    related = {r.request_id for r in stored.values() if r.state in LIVE_STATES and sight.admits(r)}
    if faults := submission_faults(catalogue, requests, stored.keys(), related):
        message = f"the {len(requests)} requests have {len(faults)} faults; none was taken"
        raise InvalidInputError("INVALID_REQUESTS", message, faults=faults)


def _require_own(requests: Sequence[ActivityRequest], viewer: Viewer) -> None:
    allowed = f"agency {viewer.agency_id!r} in the role {viewer.role} changes its own requests only"
    faults = [
        Fault(f"requests[{index}].agency_id", "FOREIGN_AGENCY", f"{request.agency_id!r} is another; {allowed}")
        for index, request in enumerate(requests)
        if not viewer.may_change(request)
    ]
    if faults:
        raise PermissionDeniedError("FOREIGN_AGENCY", allowed, faults=faults)
