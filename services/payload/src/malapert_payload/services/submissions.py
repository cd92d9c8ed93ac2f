"""Submission, import, revision and check of activity requests."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from malapert_core.db.database import Database
from malapert_core.errors import Fault, InvalidInputError, NotFoundError
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.expansion.prediction import Prediction, predict
from malapert_payload.domain.requests.lifecycle import LIVE_STATES, Change, accept, check_version, revise
from malapert_payload.domain.requests.request import ActivityRequest
from malapert_payload.domain.requests.visibility import Viewer, read_scope_of
from malapert_payload.domain.validation import change_faults, submission_faults
from malapert_payload.services.catalogue_reader import CatalogueReader
from malapert_payload.services.ownership import require_own
from malapert_payload.services.ports import Clock, Stores
from malapert_payload.services.record import RequestRecord
from malapert_payload.storage.requests import Changed


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
    """State of a mission that requests are checked against."""

    catalogue: Catalogue
    stored: Mapping[str, ActivityRequest]
    related_ids: frozenset[str]
    others: tuple[ActivityRequest, ...]


class SubmissionService:
    """Takes requests, all or none.

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
            await self._record.keep(session, [(None, request) for request in accepted])
        return accepted

    async def predict(self, mission_id: str, requests: Sequence[ActivityRequest], viewer: Viewer) -> Check:
        """Return every fault of requests that are new or change stored ones, and what each of the others would take.

        Raises
        ------
        NotFoundError
            UNKNOWN_MISSION.
        PermissionDeniedError
            FOREIGN_AGENCY where one is another agency's.
        """
        async with self._database.reading() as session:
            present = await self._present(session, mission_id, requests, viewer)
        return await asyncio.to_thread(_check, requests, present, _hidden(requests, present, viewer))

    async def revise(
        self,
        mission_id: str,
        definition: ActivityRequest,
        seen_version: int,
        reason: str,
        viewer: Viewer,
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
        opening = self._database.reading() if validate_only else self._database.transaction()
        async with opening as session:
            if not validate_only:
                await self._catalogues.lock_mission(session, mission_id)
            present = await self._present(session, mission_id, [definition], viewer)
            before = present.stored.get(definition.request_id)
            if before is None or not read_scope_of(viewer, present.catalogue.agency_ids).admits(before):
                raise NotFoundError("request", definition.request_id)
            require_own([before], viewer)
            check_version(before, seen_version)
            if before.definition() == definition.definition():
                return before
            _refuse(_change_faults([definition], present))
            after = revise(before, definition, Change(viewer.agency_id, self._clock(), reason or "revised"))
            if not validate_only:
                await self._record.keep(session, [(before, after)])
        return after

    async def import_all(
        self, mission_id: str, requests: Sequence[ActivityRequest], reason: str, viewer: Viewer, *, validate_only: bool
    ) -> ImportCounts:
        """Take many requests, all or none; raises as `revise` does, and where one is not the viewer's to see."""
        opening = self._database.reading() if validate_only else self._database.transaction()
        async with opening as session:
            if not validate_only:
                await self._catalogues.lock_mission(session, mission_id)
            present = await self._present(session, mission_id, requests, viewer)
            faults = await asyncio.to_thread(_change_faults, requests, present)
            _refuse((*faults, *_hidden(requests, present, viewer)))
            change = Change(viewer.agency_id, self._clock(), reason or "imported")
            changes, unchanged = _changes(requests, present.stored, change)
            if not validate_only:
                await self._record.keep(session, changes)
        revised = sum(before is not None for before, _ in changes)
        return ImportCounts(len(changes) - revised, revised, unchanged)

    async def _accepted(
        self, session: AsyncSession, mission_id: str, requests: Sequence[ActivityRequest], viewer: Viewer
    ) -> tuple[ActivityRequest, ...]:
        present = await self._present(session, mission_id, requests, viewer, stored_as_taken=True)
        _refuse(submission_faults(present.catalogue, requests, present.stored, present.related_ids, present.others))
        change = Change(viewer.agency_id, self._clock(), "submitted")
        return tuple(accept(request.definition(), change) for request in requests)

    async def _present(
        self,
        session: AsyncSession,
        mission_id: str,
        requests: Sequence[ActivityRequest],
        viewer: Viewer,
        *,
        stored_as_taken: bool = False,
    ) -> _MissionState:
        """Load only what requests are judged by: themselves as they stand, and what their relations lead to."""
        catalogue = await self._reader.current(session, mission_id)
        require_own(requests, viewer)
        given = {request.request_id for request in requests}
        stored = await self._requests.find_all(session, mission_id, given)
        named = {relation.request_id for request in requests for relation in request.relations} - given
        related: frozenset[str] = frozenset()
        others: list[ActivityRequest] = []
        if named or (stored and not stored_as_taken):
            read_scope = read_scope_of(viewer, catalogue.agency_ids)
            found = await self._requests.find_all(session, mission_id, named)
            related = frozenset(
                key for key, item in found.items() if item.state in LIVE_STATES and read_scope.admits(item)
            )
            others = await self._requests.with_relations(session, mission_id)
        return _MissionState(catalogue, stored, related, tuple(item for item in others if item.state in LIVE_STATES))


def _change_faults(requests: Sequence[ActivityRequest], present: _MissionState) -> tuple[Fault, ...]:
    return change_faults(present.catalogue, requests, present.stored, present.related_ids, present.others)


def _check(requests: Sequence[ActivityRequest], present: _MissionState, hidden: Sequence[Fault]) -> Check:
    faults = (*_change_faults(requests, present), *hidden)
    faulty = {fault.path.partition(".")[0] for fault in faults}
    sound = [request for index, request in enumerate(requests) if f"requests[{index}]" not in faulty]
    return Check(faults, tuple(told for request in sound for told in predict(request, present.catalogue)))


def _hidden(requests: Sequence[ActivityRequest], present: _MissionState, viewer: Viewer) -> list[Fault]:
    """Return a fault for each request whose identifier one of another agency has."""
    return [
        Fault(
            f"requests[{index}].request_id",
            "DUPLICATE_ID",
            f"the mission has a request {request.request_id!r} already; give another identifier",
        )
        for index, request in enumerate(requests)
        if (before := present.stored.get(request.request_id)) is not None and not viewer.may_change(before)
    ]


def _changes(
    requests: Sequence[ActivityRequest], stored: Mapping[str, ActivityRequest], change: Change
) -> tuple[list[Changed], int]:
    changes: list[Changed] = []
    unchanged = 0
    for request in requests:
        before = stored.get(request.request_id)
        if before is None:
            changes.append((None, accept(request.definition(), change)))
        elif before.definition() == request.definition():
            unchanged += 1
        else:
            changes.append((before, revise(before, request, change)))
    return changes, unchanged


def _refuse(faults: Collection[Fault]) -> None:
    if faults:
        message = f"the requests have {len(faults)} faults; none was taken"
        raise InvalidInputError("INVALID_REQUESTS", message, faults=faults)
