"""Execution reports on requests, and the agencies' accounts."""

from collections.abc import Iterator
from dataclasses import replace

from malapert_core.db.database import Database
from malapert_core.errors import Fault, InvalidInputError, NotFoundError, PermissionDeniedError

from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.expansion.expansion import campaign_places, wanted_count
from malapert_payload.domain.requests.accounts import AgencyAccount, accounts
from malapert_payload.domain.requests.execution import Execution, ExecutionOutcome, follow
from malapert_payload.domain.requests.lifecycle import Change
from malapert_payload.domain.requests.request import ActivityRequest
from malapert_payload.domain.requests.visibility import Viewer, read_scope_of
from malapert_payload.domain.validation.figures import number_faults
from malapert_payload.domain.validation.identifiers import missing_kind, unknown_faults
from malapert_payload.services.catalogue_reader import CatalogueReader
from malapert_payload.services.ports import Clock, Stores
from malapert_payload.services.record import RequestRecord
from malapert_payload.storage.executions import ExecutionFilter, ReportKey


class ExecutionService:
    """Takes reports of what became of planned requests.

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
        self._stores = stores
        self._reader = reader
        self._record = record
        self._clock = clock

    async def report(self, mission_id: str, execution: Execution, viewer: Viewer) -> tuple[Execution, ActivityRequest]:
        """Take a report and return it with the request after it; the same report again changes nothing.

        Raises
        ------
        NotFoundError
            UNKNOWN_MISSION; UNKNOWN_REQUEST also where the viewer may not see it.
        PermissionDeniedError
            NOT_AN_OPERATOR where the viewer neither owns the request nor plans for the mission's agencies.
        InvalidInputError
            INVALID_EXECUTION with every fault.
        PreconditionError
            NOT_PLANNED, REPETITION_SETTLED or NO_SLOT_LEFT.
        """
        async with self._database.transaction() as session:
            await self._stores.catalogues.lock_mission(session, mission_id)
            catalogue = await self._reader.current(session, mission_id)
            before = await self._stores.requests.find(session, mission_id, execution.request_id)
            if before is None or not read_scope_of(viewer, catalogue.agency_ids).admits(before):
                raise NotFoundError("request", execution.request_id)
            if not viewer.may_change(before) and not viewer.may_plan(catalogue.agency_ids):
                message = "reports come from the request's agency and from planners of the mission's agencies"
                raise PermissionDeniedError("NOT_AN_OPERATOR", message)
            _require_valid(execution, before, catalogue)
            reports = await self._stores.executions.of_request(session, mission_id, execution.request_id)
            for known in reports:
                if known.as_reported() == execution.as_reported():
                    return known, before
            own = [known for known in reports if known.repetition_index == execution.repetition_index]
            ended = sum(known.outcome != ExecutionOutcome.STARTED for known in own)
            time = self._clock()
            told = replace(
                execution,
                attempt=ended + 1,
                plan_id=before.standing.plan_id,
                agency_id=viewer.agency_id,
                reported_time=time,
            )
            change = Change(viewer.agency_id, time, _reason(told))
            after = follow(before, told, wanted_count(before, catalogue), change)
            await self._stores.executions.add(session, mission_id, told)
            await self._record.keep(session, [(before, after)])
        return told, after

    async def page(
        self, mission_id: str, wanted: ExecutionFilter, limit: int, viewer: Viewer
    ) -> tuple[list[Execution], ReportKey | None]:
        """Return at most so many of the wanted reports that the viewer sees, and the key of the last.

        The key is None where no more follow. Raises NotFoundError as `report` does.
        """
        async with self._database.reading() as session:
            catalogue = await self._reader.current(session, mission_id)
            read_scope = read_scope_of(viewer, catalogue.agency_ids)
            if wanted.request_id:
                request = await self._stores.requests.find(session, mission_id, wanted.request_id)
                if request is None or not read_scope.admits(request):
                    raise NotFoundError("request", wanted.request_id)
            found = await self._stores.executions.page(session, mission_id, wanted, limit + 1)
            seen = await self._stores.requests.find_all(session, mission_id, {report.request_id for _, report in found})
        kept = found[:limit]
        reports = [r for _, r in kept if r.request_id in seen and read_scope.admits(seen[r.request_id])]
        return reports, kept[-1][0] if len(found) > limit else None

    async def accounts(self, mission_id: str, viewer: Viewer) -> tuple[AgencyAccount, ...]:
        """Return the accounts of a mission's agencies; for who takes part in it.

        Raises
        ------
        NotFoundError
            UNKNOWN_MISSION.
        PermissionDeniedError
            NOT_IN_MISSION.
        """
        async with self._database.reading() as session:
            catalogue = await self._reader.current(session, mission_id)
            if not viewer.is_over_all_agencies and viewer.agency_id not in catalogue.agency_ids:
                raise PermissionDeniedError("NOT_IN_MISSION", "the accounts are for the mission's agencies")
            requests = await self._stores.requests.of_mission(session, mission_id)
            executions = await self._stores.executions.of_mission(session, mission_id)
        return accounts(catalogue, requests.values(), executions)


def _reason(execution: Execution) -> str:
    said = f": {execution.reason}" if execution.reason else ""
    return f"repetition {execution.repetition_index} {execution.outcome.name.lower()}{said}"


def _require_valid(execution: Execution, request: ActivityRequest, catalogue: Catalogue) -> None:
    faults = list(_faults(execution, request, catalogue))
    if faults:
        message = f"the report on request {execution.request_id!r} has {len(faults)} faults"
        raise InvalidInputError("INVALID_EXECUTION", message, faults=faults)


def _faults(execution: Execution, request: ActivityRequest, catalogue: Catalogue) -> Iterator[Fault]:
    places = campaign_places(request.campaign, catalogue) if request.campaign else ()
    total = len(places) or request.repetition_count
    if not 0 <= execution.repetition_index < total:
        message = f"{execution.repetition_index} is no repetition; allowed: 0 to {total - 1}"
        yield Fault("execution.repetition_index", "OUT_OF_RANGE", message)
    if execution.outcome == ExecutionOutcome.UNSPECIFIED:
        yield missing_kind("execution.outcome", ExecutionOutcome)
    if execution.outcome != ExecutionOutcome.STARTED and execution.span.duration_s < 0:
        yield Fault("execution.span", "REVERSED_WINDOW", "the span ends before it starts")
    yield from number_faults(execution.energy_wh, "execution.energy_wh")
    yield from number_faults(execution.data_bit, "execution.data_bit")
    kind = catalogue.activity_type(request.activity_type_id, request.activity_type_version)
    known = kind.product_ids() if kind else ()
    for index, product in enumerate(execution.products):
        path = f"execution.products[{index}]"
        yield from unknown_faults(product.product_id, known, f"{path}.product_id", "product")
        yield from number_faults(product.data_bit, f"{path}.data_bit")
