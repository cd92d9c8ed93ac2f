"""Execution reports on requests, and the agencies' accounts."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from malapert_core.db.database import Database
from malapert_core.errors import Fault, InvalidInputError, PermissionDeniedError
from malapert_core.policy.charter import Part
from malapert_core.policy.identity import Identity
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.expansion.expansion import campaign_places, wanted_count
from malapert_payload.domain.requests.accounts import AgencyAccount, accounts
from malapert_payload.domain.requests.execution import Execution, ExecutionOutcome, follow
from malapert_payload.domain.requests.request import ActivityRequest
from malapert_payload.domain.validation.figures import number_faults
from malapert_payload.domain.validation.identifiers import missing_kind, unknown_faults
from malapert_payload.services.access import MissionAccess, Viewer
from malapert_payload.services.catalogue_reader import CatalogueReader
from malapert_payload.services.ports import Stores
from malapert_payload.services.record import RequestRecord
from malapert_payload.services.requests import seen_request
from malapert_payload.storage.executions import ExecutionFilter, ReportKey


class ExecutionService:
    """Takes reports of what became of planned requests.

    Parameters
    ----------
    database : Database
    stores : Stores
    reader : CatalogueReader
    record : RequestRecord
    access : MissionAccess
    """

    def __init__(
        self, database: Database, stores: Stores, reader: CatalogueReader, record: RequestRecord, access: MissionAccess
    ) -> None:
        self._database = database
        self._stores = stores
        self._reader = reader
        self._record = record
        self._access = access

    async def report(
        self, mission_id: str, execution: Execution, identity: Identity
    ) -> tuple[Execution, ActivityRequest]:
        """Take a report and return it with the request after it; the same report again changes nothing.

        Raises
        ------
        NotFoundError
            UNKNOWN_MISSION; UNKNOWN_REQUEST also where the viewer may not see it.
        PermissionDeniedError
            NOT_AN_OPERATOR where the viewer neither owns the request nor plans the mission.
        InvalidInputError
            INVALID_EXECUTION with every fault.
        PreconditionError
            NOT_PLANNED, REPETITION_SETTLED or NO_SLOT_LEFT.
        """
        viewer = await self._access.enter(mission_id, identity, Part.CONTRIBUTOR)
        async with self._database.transaction() as session:
            await self._stores.catalogues.lock_mission(session, mission_id)
            catalogue = await self._reader.current(session, mission_id)
            before = await seen_request(session, self._stores.requests, mission_id, execution.request_id, viewer)
            if not viewer.owns(before) and not viewer.plans:
                message = "reports come from the request's agency and from planners of the mission"
                raise PermissionDeniedError("NOT_AN_OPERATOR", message)
            execution = replace(execution, request_id=before.request_id)
            _require_valid(execution, before, catalogue)
            reports = await self._stores.executions.of_request(session, mission_id, execution.request_id)
            for known in reports:
                if known.as_reported() == execution.as_reported():
                    return _shown_report(known, viewer), viewer.shown(before)
            own = [known for known in reports if known.repetition_index == execution.repetition_index]
            ended = sum(known.outcome != ExecutionOutcome.STARTED for known in own)
            change = viewer.change("")
            told = replace(
                execution,
                attempt=ended + 1,
                plan_id=before.standing.plan_id,
                agency_id=viewer.agency_id,
                reported_time=change.time,
                principal_id=change.principal_id,
            )
            after = follow(before, told, wanted_count(before, catalogue), replace(change, reason=_reason(told)))
            await self._stores.executions.add(session, mission_id, told)
            self._record.audit_report(session, told, after)
            await self._record.keep(session, [(before, after)])
        return told, viewer.shown(after, [relation.request_id for relation in after.relations])

    async def page(
        self, mission_id: str, wanted: ExecutionFilter, limit: int, identity: Identity
    ) -> tuple[list[Execution], ReportKey | None]:
        """Return at most so many of the wanted reports that the viewer sees, and the key of the last.

        The key is None where no more follow. Raises NotFoundError as `report` does.
        """
        viewer = await self._access.enter(mission_id, identity)
        async with self._database.reading() as session:
            await self._reader.current(session, mission_id)
            if wanted.request_id:
                request = await seen_request(session, self._stores.requests, mission_id, wanted.request_id, viewer)
                wanted = replace(wanted, request_id=request.request_id)
            found: list[tuple[ReportKey, Execution]] = []
            after = wanted.after
            while len(found) <= limit:
                part = await self._stores.executions.page(session, mission_id, replace(wanted, after=after), limit + 1)
                found += await self._seen(session, mission_id, part, viewer)
                if len(part) <= limit:
                    break
                after = part[-1][0]
        kept = found[:limit]
        return [report for _, report in kept], kept[-1][0] if len(found) > limit else None

    async def accounts(self, mission_id: str, identity: Identity) -> tuple[AgencyAccount, ...]:
        """Return the accounts of a mission's agencies, of what the viewer sees; for its owners, of all.

        Raises
        ------
        NotFoundError
            UNKNOWN_MISSION.
        """
        viewer = await self._access.enter(mission_id, identity)
        async with self._database.reading() as session:
            catalogue = viewer.with_members(await self._reader.current(session, mission_id))
            requests = await self._stores.requests.of_mission(session, mission_id)
            executions = await self._stores.executions.of_mission(session, mission_id)
        counted = [request for request in requests.values() if viewer.owns_mission or viewer.sees(request)]
        return accounts(catalogue, counted, executions)

    async def _seen(
        self, session: AsyncSession, mission_id: str, part: Sequence[tuple[ReportKey, Execution]], viewer: Viewer
    ) -> list[tuple[ReportKey, Execution]]:
        """Return those of some reports that the viewer sees; what it does not see leaves no gap."""
        requests = await self._stores.requests.find_all(session, mission_id, {report.request_id for _, report in part})
        return [
            (key, _shown_report(report, viewer))
            for key, report in part
            # Who plans, plans with what became of every agency's requests.
            if viewer.identity.via_service or viewer.sees_report(report, requests[report.request_id])
        ]


def _shown_report(report: Execution, viewer: Viewer) -> Execution:
    """Return a report without the principal where that is not seen."""
    return report if viewer.sees_principals(report.agency_id) else replace(report, principal_id="")


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
