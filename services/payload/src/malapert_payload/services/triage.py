"""Triage of demand by the mission's owner: what is mandatory, deferred, admitted, declined, and the budgets."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database
from malapert_core.errors import Fault, InvalidInputError, PreconditionError
from malapert_core.policy.identity import Identity
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.demand.budget import DemandBudget
from malapert_payload.domain.demand.triage import TriageDecision, triaged
from malapert_payload.domain.expansion.expansion import expand, outstanding
from malapert_payload.domain.requests.lifecycle import LIVE_STATES, PLANNABLE_STATES, check_version
from malapert_payload.domain.requests.request import ActivityRequest, HoldKind
from malapert_payload.domain.validation.feasibility import infeasibility_faults, related_ids
from malapert_payload.domain.validation.figures import number_faults
from malapert_payload.domain.validation.identifiers import text_faults, unknown_faults
from malapert_payload.domain.validation.requests import request_faults
from malapert_payload.services.access import MissionAccess, Viewer
from malapert_payload.services.catalogue_reader import CatalogueReader
from malapert_payload.services.holds import DemandHolds
from malapert_payload.services.ports import Announcer, Feasibility, Stores
from malapert_payload.services.record import RequestRecord
from malapert_payload.services.requests import seen_request


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision on a request with its reason; a deferral may end by itself, UTC."""

    decision: TriageDecision
    reason: str
    until: datetime | None = None


class TriageService:
    """Decides for the mission's owner what of the demand enters planning.

    Parameters
    ----------
    database : Database
    stores : Stores
    reader : CatalogueReader
    record : RequestRecord
    announcer : Announcer
    access : MissionAccess
    holds : DemandHolds
    feasibility : Feasibility
    audit : AuditTrail
    """

    def __init__(
        self,
        database: Database,
        stores: Stores,
        reader: CatalogueReader,
        record: RequestRecord,
        announcer: Announcer,
        access: MissionAccess,
        holds: DemandHolds,
        feasibility: Feasibility,
        audit: AuditTrail,
    ) -> None:
        self._database = database
        self._stores = stores
        self._reader = reader
        self._record = record
        self._announcer = announcer
        self._access = access
        self._holds = holds
        self._feasibility = feasibility
        self._audit = audit

    async def decide(
        self, mission_id: str, request_id: str, decision: Decision, seen_version: int, identity: Identity
    ) -> ActivityRequest:
        """Decide on a request and return it.

        Raises
        ------
        NotFoundError
            UNKNOWN_MISSION; UNKNOWN_REQUEST also where only its agency sees it: what is to be planned as mandatory is
            shown to the mission first.
        PermissionDeniedError
            FORBIDDEN where the caller is no planner of the mission's owner.
        InvalidInputError
            INVALID_TRIAGE with every fault.
        ConflictError
            STALE_VERSION where the version seen is not the newest.
        PreconditionError
            ILLEGAL_TRANSITION; NOT_ASKED_FOR where its agency does not want it mandatory; INFEASIBLE_REQUEST with
            every reason for which nothing can hold what would be mandatory.
        UnavailableError
            Where the planner does not answer whether something can: what is not checked is not granted.
        """
        viewer = await self._access.enter(mission_id, identity)
        viewer.require_triage()
        _require_stated(decision, viewer)
        checked_version = 0
        if decision.decision == TriageDecision.GRANT_MANDATORY:
            checked_version = await self._require_feasible(mission_id, request_id, seen_version, viewer)
        async with self._database.transaction() as session:
            await self._stores.catalogues.lock_mission(session, mission_id)
            before = await seen_request(session, self._stores.requests, mission_id, request_id, viewer)
            check_version(before, seen_version or checked_version)
            change = viewer.change(decision.reason)
            after = triaged(before, decision.decision, decision.until, change)
            held_by = HoldKind.DEFERRED if decision.decision == TriageDecision.DEFER else HoldKind.UNSPECIFIED
            await self._record.keep(session, [(before, after)], held_by=held_by)
            catalogue = await self._reader.current(session, mission_id)
            shown = (await self._holds.added(session, catalogue, [after], viewer.now))[0]
        return viewer.shown(shown, related_ids([shown]))

    async def set_budget(self, budget: DemandBudget, identity: Identity) -> DemandBudget:
        """Set what an agency may ask for in all, and return it with its use.

        Raises
        ------
        NotFoundError
            UNKNOWN_MISSION.
        PermissionDeniedError
            FORBIDDEN where the caller is no planner of the mission's owner.
        InvalidInputError
            INVALID_BUDGET with every fault.
        """
        viewer = await self._access.enter(budget.mission_id, identity)
        viewer.require_triage()
        async with self._database.transaction() as session:
            await self._stores.catalogues.lock_mission(session, budget.mission_id)
            catalogue = viewer.with_members(await self._reader.current(session, budget.mission_id))
            _require_valid(budget, catalogue)
            before = (await self._stores.demand.budgets(session, budget.mission_id)).get(budget.agency_id)
            if before is not None and _states_the_same(before, budget):
                return (await self._holds.budgets(session, budget.mission_id, [budget.agency_id]))[0]
            change = viewer.change(budget.reason)
            stated = replace(budget, changed_time=change.time, changed_by=change.principal_id)
            await self._stores.demand.save_budget(session, stated)
            found = (await self._holds.budgets(session, budget.mission_id, [budget.agency_id]))[0]
            self._announcer.announce_budget(session, found)
            self._audit.record(
                session,
                "demand_budget.set",
                entity_kind="demand_budget",
                entity_id=budget.agency_id,
                mission_id=budget.mission_id,
            )
        return found

    async def budgets(self, mission_id: str, identity: Identity) -> Sequence[DemandBudget]:
        """Return the budgets of the mission's agencies for its owners, and their own for others, by agency.

        Raises
        ------
        NotFoundError
            UNKNOWN_MISSION.
        """
        viewer = await self._access.enter(mission_id, identity)
        async with self._database.reading() as session:
            catalogue = viewer.with_members(await self._reader.current(session, mission_id))
            sees_all = viewer.owns_mission or identity.is_service
            names = catalogue.agency_ids if sees_all else (viewer.agency_id,)
            return await self._holds.budgets(session, mission_id, names)

    async def _require_feasible(self, mission_id: str, request_id: str, seen_version: int, viewer: Viewer) -> int:
        """Refuse a grant for what nothing can hold; return the version that was checked."""
        async with self._database.reading() as session:
            catalogue = viewer.with_members(await self._reader.current(session, mission_id))
            request = await seen_request(session, self._stores.requests, mission_id, request_id, viewer)
            check_version(request, seen_version)
            if request.state not in PLANNABLE_STATES or not request.mandatory:
                return request.version
            request = (await self._holds.added(session, catalogue, [request], viewer.now))[0]
            others = await self._others(session, mission_id, request)
        faults = [*_hold_faults(request), *_impossible(request, catalogue, others, viewer)]
        if not faults and outstanding(request, catalogue):
            expansion = await asyncio.to_thread(expand, catalogue, [replace(request, mandatory=True)])
            reasons = await self._feasibility.reasons_against(expansion, mission_id)
            faults = [Fault("request", "NOTHING_HOLDS_IT", reason) for reason in reasons]
        if faults:
            reasons_text = "; ".join(fault.message for fault in faults)
            message = f"request {request.request_id!r} cannot be mandatory, since nothing can hold it: {reasons_text}"
            metadata = {"request_id": request.request_id}
            raise PreconditionError("INFEASIBLE_REQUEST", message, metadata=metadata, faults=faults)
        return request.version

    async def _others(
        self, session: AsyncSession, mission_id: str, request: ActivityRequest
    ) -> dict[str, ActivityRequest]:
        named = await self._stores.requests.find_all(session, mission_id, related_ids([request]))
        related = await self._stores.requests.with_relations(session, mission_id)
        return {item.request_id: item for item in (*related, *named.values())}


def _hold_faults(request: ActivityRequest) -> list[Fault]:
    return [Fault("request.holds", hold.kind.name, f"it is held back: {hold.reason}") for hold in request.holds]


def _impossible(
    request: ActivityRequest, catalogue: Catalogue, others: Mapping[str, ActivityRequest], viewer: Viewer
) -> list[Fault]:
    """Return why nothing can ever hold a request, telling nothing of others that the viewer does not see."""
    known = {key for key, item in others.items() if item.state in LIVE_STATES} | related_ids([request])
    seen = {key: item for key, item in others.items() if viewer.sees(item)}
    faults = list(request_faults(request, "request", catalogue, known))
    faults = faults or list(infeasibility_faults(request, "request", catalogue, seen))
    if not faults and any(infeasibility_faults(request, "request", catalogue, others)):
        message = "its relations to requests that only its agency sees cannot be kept"
        faults = [Fault("request.relations", "NOTHING_HOLDS_IT", message)]
    return faults


def _require_stated(decision: Decision, viewer: Viewer) -> None:
    faults = list(text_faults(decision.reason, "reason"))
    kind = decision.decision
    if kind == TriageDecision.UNSPECIFIED:
        allowed = ", ".join(each.name for each in TriageDecision if each)
        faults.append(Fault("decision", "MISSING_KIND", f"state which; allowed: {allowed}"))
    needs_reason = (TriageDecision.WITHDRAW_MANDATORY, TriageDecision.DEFER, TriageDecision.DECLINE)
    if kind in needs_reason and not decision.reason.strip():
        faults.append(Fault("reason", "MISSING_REASON", "say why; its agency is told"))
    if decision.until is not None and kind != TriageDecision.DEFER:
        faults.append(Fault("until", "NOT_DEFERRED", "only what is deferred has an end; allowed: none, or DEFER"))
    elif decision.until is not None and decision.until <= viewer.now:
        message = f"{decision.until.isoformat()} is past; allowed: later than {viewer.now.isoformat()}"
        faults.append(Fault("until", "OUT_OF_RANGE", message))
    if faults:
        raise InvalidInputError("INVALID_TRIAGE", f"the decision has {len(faults)} faults", faults=faults)


def _require_valid(budget: DemandBudget, catalogue: Catalogue) -> None:
    faults = [
        *unknown_faults(budget.agency_id, catalogue.agency_ids, "budget.agency_id", "agency"),
        *text_faults(budget.reason, "budget.reason"),
    ]
    if budget.value_budget is not None:
        faults += number_faults(budget.value_budget, "budget.value_budget")
    if faults:
        raise InvalidInputError("INVALID_BUDGET", f"the budget has {len(faults)} faults", faults=faults)


def _states_the_same(before: DemandBudget, asked: DemandBudget) -> bool:
    return replace(before, changed_time=asked.changed_time, changed_by=asked.changed_by) == asked
