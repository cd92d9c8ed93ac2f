"""Submission, import, revision and check of activity requests."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from malapert_core.background import in_turns
from malapert_core.db.database import Database
from malapert_core.errors import Fault, InvalidInputError, NotFoundError
from malapert_core.policy.charter import Part
from malapert_core.policy.identity import Identity
from malapert_core.reading_processes import ReadingProcesses
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.expansion.prediction import Prediction, predict
from malapert_payload.domain.requests.lifecycle import LIVE_STATES, Change, accept, check_version, revise
from malapert_payload.domain.requests.naming import candidate_ids, named_in_mission, namespace_faults
from malapert_payload.domain.requests.request import USUAL_BYTES, ActivityRequest, Origin
from malapert_payload.domain.validation import change_faults, submission_faults
from malapert_payload.domain.validation.feasibility import mandatory_faults
from malapert_payload.services.access import MissionAccess, Viewer
from malapert_payload.services.catalogue_reader import CatalogueReader
from malapert_payload.services.holds import DemandHolds
from malapert_payload.services.ownership import require_own
from malapert_payload.services.ports import Stores
from malapert_payload.services.record import RequestRecord
from malapert_payload.services.use_permissions import UsePermissionService
from malapert_payload.storage.requests import Changed


@dataclass(frozen=True, slots=True)
class Asked:
    """Requests of a call, and the size of its message, which tells whether they are checked apart."""

    requests: tuple[ActivityRequest, ...]
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Check:
    """Result of a check: faults of requests, and predictions of those without a fault."""

    faults: tuple[Fault, ...]
    predictions: tuple[Prediction, ...]


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """Numbers of requests that an import submitted, revised, and found unchanged."""

    submitted: int
    revised: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class _MissionState:
    """State of a mission that requests are checked against, with the requests as given and as they are named in it."""

    catalogue: Catalogue
    given: tuple[ActivityRequest, ...]
    requests: tuple[ActivityRequest, ...]
    stored: Mapping[str, ActivityRequest]
    related_ids: frozenset[str]
    others: tuple[ActivityRequest, ...]
    size_bytes: int


class SubmissionService:
    """Takes requests, all or none.

    Parameters
    ----------
    database : Database
    stores : Stores
    reader : CatalogueReader
    record : RequestRecord
    access : MissionAccess
    uses : UsePermissionService
    holds : DemandHolds
    reading : ReadingProcesses
        Where large submissions are checked.
    """

    def __init__(
        self,
        database: Database,
        stores: Stores,
        reader: CatalogueReader,
        record: RequestRecord,
        access: MissionAccess,
        uses: UsePermissionService,
        holds: DemandHolds,
        reading: ReadingProcesses,
    ) -> None:
        self._database = database
        self._catalogues = stores.catalogues
        self._requests = stores.requests
        self._reader = reader
        self._record = record
        self._access = access
        self._uses = uses
        self._holds = holds
        self._reading = reading

    async def check(self, mission_id: str, asked: Asked, identity: Identity) -> tuple[ActivityRequest, ...]:
        """Return the requests as they would be accepted; raises as `submit` does."""
        viewer = await self._access.enter(mission_id, identity, Part.CONTRIBUTOR)
        async with self._database.reading() as session:
            return (await self._accepted(session, mission_id, asked, viewer))[1]

    async def submit(self, mission_id: str, asked: Asked, identity: Identity) -> tuple[ActivityRequest, ...]:
        """Take requests, all or none, and return them ACCEPTED, with what holds them back.

        Raises
        ------
        NotFoundError
            UNKNOWN_MISSION.
        PermissionDeniedError
            FOREIGN_AGENCY where one is another agency's.
        InvalidInputError
            INVALID_REQUESTS with every fault.
        """
        viewer = await self._access.enter(mission_id, identity, Part.CONTRIBUTOR)
        async with self._database.transaction() as session:
            await self._catalogues.lock_mission(session, mission_id)
            catalogue, accepted = await self._accepted(session, mission_id, asked, viewer)
            await self._record.keep(session, [(None, request) for request in accepted])
            await self._uses.ask_for(session, catalogue, accepted, viewer)
            return tuple(await self._holds.added(session, catalogue, accepted, viewer.now))

    async def predict(self, mission_id: str, asked: Asked, identity: Identity) -> Check:
        """Return every fault of requests that are new or change stored ones, and what each of the others would take.

        Raises
        ------
        NotFoundError
            UNKNOWN_MISSION.
        PermissionDeniedError
            FOREIGN_AGENCY where one is another agency's.
        """
        viewer = await self._access.enter(mission_id, identity, Part.CONTRIBUTOR)
        async with self._database.reading() as session:
            present = await self._present(session, mission_id, asked, viewer)
        return await self._reading.by_size(
            present.size_bytes, viewer.agency_id, _check, present, _taken(present, viewer)
        )

    async def revise(
        self,
        mission_id: str,
        asked: Asked,
        seen_version: int,
        reason: str,
        identity: Identity,
        *,
        validate_only: bool,
    ) -> ActivityRequest:
        """Change what a request asks for and return it ACCEPTED; what a plan holds leaves it.

        Raises
        ------
        NotFoundError
            UNKNOWN_MISSION; UNKNOWN_REQUEST also where the viewer may not see it.
        PermissionDeniedError
            FOREIGN_AGENCY where it is another agency's, or would be.
        ConflictError
            STALE_VERSION where the version seen is not the newest; 0 skips the check.
        InvalidInputError
            INVALID_REQUESTS with every fault.
        PreconditionError
            ILLEGAL_TRANSITION where it is being carried out or has ended.
        """
        viewer = await self._access.enter(mission_id, identity, Part.CONTRIBUTOR)
        opening = self._database.reading() if validate_only else self._database.transaction()
        async with opening as session:
            if not validate_only:
                await self._catalogues.lock_mission(session, mission_id)
            present = await self._present(session, mission_id, asked, viewer)
            (definition,), (named,) = present.given, present.requests
            before = present.stored.get(named.request_id)
            if before is None or not viewer.sees(before):
                raise NotFoundError("request", definition.request_id)
            require_own([before], viewer)
            check_version(before, seen_version)
            if before.definition() == named.definition():
                return viewer.shown(before)
            _refuse(await self._reading.by_size(present.size_bytes, viewer.agency_id, _change_faults, present))
            after = _by_agency(revise(before, named, viewer.change(reason or "revised")))
            if not validate_only:
                await self._record.keep(session, [(before, after)])
                await self._uses.ask_for(session, present.catalogue, [after], viewer)
            return viewer.shown((await self._holds.added(session, present.catalogue, [after], viewer.now))[0])

    async def import_all(
        self,
        mission_id: str,
        asked: Asked,
        reason: str,
        identity: Identity,
        *,
        validate_only: bool,
    ) -> ImportCounts:
        """Take many requests, all or none; raises as `revise` does, and where one is not the viewer's to see."""
        viewer = await self._access.enter(mission_id, identity, Part.CONTRIBUTOR)
        opening = self._database.reading() if validate_only else self._database.transaction()
        async with opening as session:
            if not validate_only:
                await self._catalogues.lock_mission(session, mission_id)
            present = await self._present(session, mission_id, asked, viewer)
            faults = await self._reading.by_size(present.size_bytes, viewer.agency_id, _change_faults, present)
            _refuse((*faults, *_taken(present, viewer)))
            change = viewer.change(reason or "imported")
            judged = await in_turns(lambda request: _changed(present, request, change), present.requests)
            changes = [each for each in judged if each is not None]
            if not validate_only:
                await self._record.keep(session, changes)
                await self._uses.ask_for(session, present.catalogue, [after for _, after in changes], viewer)
        revised = sum(before is not None for before, _ in changes)
        return ImportCounts(len(changes) - revised, revised, len(judged) - len(changes))

    async def _accepted(
        self, session: AsyncSession, mission_id: str, asked: Asked, viewer: Viewer
    ) -> tuple[Catalogue, tuple[ActivityRequest, ...]]:
        present = await self._present(session, mission_id, asked, viewer, stored_as_taken=True)
        _refuse(await self._reading.by_size(present.size_bytes, viewer.agency_id, _submission_faults, present))
        change = viewer.change("submitted")
        accepted = await in_turns(lambda request: accept(request.definition(), change), present.requests)
        return present.catalogue, tuple(accepted)

    async def _present(
        self,
        session: AsyncSession,
        mission_id: str,
        asked: Asked,
        viewer: Viewer,
        *,
        stored_as_taken: bool = False,
    ) -> _MissionState:
        """Load only what requests are judged by: themselves as they stand, and what their relations lead to."""
        requests = asked.requests
        catalogue = viewer.with_members(await self._reader.current(session, mission_id))
        require_own(requests, viewer)
        found = await self._requests.find_all(session, mission_id, candidate_ids(requests))
        named = named_in_mission(requests, found, viewer.sees)
        given = {request.request_id for request in named}
        stored = {key: item for key, item in found.items() if key in given}
        wanted = {relation.request_id for request in named for relation in request.relations} - given
        related: frozenset[str] = frozenset()
        others: list[ActivityRequest] = []
        if wanted or (stored and not stored_as_taken):
            named_live = [found[key] for key in wanted if key in found and found[key].state in LIVE_STATES]
            related = frozenset(item.request_id for item in named_live if viewer.sees(item))
            # A cycle that leads over what the caller does not see is not told; the planner keeps its requests apart.
            others = [
                item
                for item in (*named_live, *await self._requests.with_relations(session, mission_id))
                if item.state in LIVE_STATES and viewer.sees(item)
            ]
        size_bytes = asked.size_bytes + USUAL_BYTES * (len(stored) + len(others))
        return _MissionState(catalogue, requests, named, stored, related, tuple(others), size_bytes)


def _submission_faults(present: _MissionState) -> tuple[Fault, ...]:
    faults = (
        *namespace_faults(present.given, present.catalogue.agency_ids),
        *submission_faults(present.catalogue, present.requests, present.stored, present.related_ids, present.others),
    )
    return faults or _impossible(present)


def _change_faults(present: _MissionState) -> tuple[Fault, ...]:
    faults = (
        *namespace_faults(present.given, present.catalogue.agency_ids),
        *change_faults(present.catalogue, present.requests, present.stored, present.related_ids, present.others),
    )
    return faults or _impossible(present)


def _impossible(present: _MissionState) -> tuple[Fault, ...]:
    """Return why nothing can ever hold requests that are to be mandatory."""
    return mandatory_faults(present.requests, present.catalogue, present.others)


def _check(present: _MissionState, taken: Sequence[Fault]) -> Check:
    faults = (*_change_faults(present), *taken)
    faulty = {fault.path.partition(".")[0] for fault in faults}
    sound = [request for index, request in enumerate(present.requests) if f"requests[{index}]" not in faulty]
    return Check(faults, tuple(told for request in sound for told in predict(request, present.catalogue)))


def _taken(present: _MissionState, viewer: Viewer) -> list[Fault]:
    """Return a fault for each request whose identifier one of another agency has that the viewer sees."""
    return [
        Fault(
            f"requests[{index}].request_id",
            "DUPLICATE_ID",
            f"the mission has a request {request.request_id!r} already; give another identifier",
        )
        for index, request in enumerate(present.requests)
        if (before := present.stored.get(request.request_id)) is not None and not viewer.owns(before)
    ]


def _changed(present: _MissionState, request: ActivityRequest, change: Change) -> Changed | None:
    """Return what an import makes of a request; None where it is the same."""
    before = present.stored.get(request.request_id)
    if before is None:
        return None, accept(request.definition(), change)
    if before.definition() == request.definition():
        return None
    return before, _by_agency(revise(before, request, change))


def _by_agency(request: ActivityRequest) -> ActivityRequest:
    """Return a request that its agency has changed: no document of another changes it any more."""
    return replace(request, standing=replace(request.standing, origin=Origin.AGENCY))


def _refuse(faults: Collection[Fault]) -> None:
    if faults:
        message = f"the requests have {len(faults)} faults; none was taken"
        raise InvalidInputError("INVALID_REQUESTS", message, faults=faults)
