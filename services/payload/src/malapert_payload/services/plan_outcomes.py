"""State changes of requests when a plan that holds them is released or terminated."""

from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.domain.expansion.expansion import wanted_count
from malapert_payload.domain.requests.execution import freed
from malapert_payload.domain.requests.lifecycle import PLANNABLE_STATES, Change, plan
from malapert_payload.services.catalogue_reader import CatalogueReader
from malapert_payload.services.ports import Clock, Stores
from malapert_payload.services.record import RequestRecord
from malapert_payload.storage.requests import Changed

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PlanTransition:
    """Release or termination of a plan, and the agency that announced it."""

    plan_id: str
    mission_id: str
    slots: Mapping[str, int]
    reason: str
    agency_id: str


class PlanOutcomes:
    """Follows plans; each method works within the session of the event that it is called for.

    Parameters
    ----------
    stores : Stores
    reader : CatalogueReader
    record : RequestRecord
    clock : Clock
    """

    def __init__(self, stores: Stores, reader: CatalogueReader, record: RequestRecord, clock: Clock) -> None:
        self._catalogues = stores.catalogues
        self._requests = stores.requests
        self._plans = stores.plans
        self._reader = reader
        self._record = record
        self._clock = clock

    async def released(self, session: AsyncSession, plan_change: PlanTransition) -> None:
        """Mark a released plan's requests PLANNED; those unknown here, or withdrawn meanwhile, are only logged."""
        await self._catalogues.lock_mission(session, plan_change.mission_id)
        if await self._plans.has_ended(session, plan_change.plan_id):
            log.warning(
                "release of a terminated plan ignored", plan_id=plan_change.plan_id, mission_id=plan_change.mission_id
            )
            return
        change = Change(plan_change.agency_id, self._clock(), f"in released plan {plan_change.plan_id}")
        stored = await self._requests.find_all(session, plan_change.mission_id, plan_change.slots)
        catalogue = await self._reader.current(session, plan_change.mission_id) if stored else None
        changes: list[Changed] = []
        for request_id, slots in sorted(plan_change.slots.items()):
            before = stored.get(request_id)
            state = before.state.name if before else "UNKNOWN"
            if before is None or catalogue is None or before.state not in PLANNABLE_STATES:
                log.warning(
                    "request of a released plan skipped", request_id=request_id, state=state, plan=plan_change.plan_id
                )
            elif before.standing.plan_id != plan_change.plan_id:
                changes.append(
                    (before, plan(before, plan_change.plan_id, slots, wanted_count(before, catalogue), change))
                )
        await self._record.keep(session, changes)

    async def terminated(self, session: AsyncSession, plan_change: PlanTransition) -> None:
        """Free the requests that a terminated plan holds: what is under way goes on, the rest is ACCEPTED again."""
        await self._catalogues.lock_mission(session, plan_change.mission_id)
        change = Change(
            plan_change.agency_id, self._clock(), f"plan {plan_change.plan_id} was terminated: {plan_change.reason}"
        )
        await self._plans.add(session, plan_change.plan_id, change.time)
        held = await self._requests.of_plan(session, plan_change.mission_id, plan_change.plan_id)
        if held:
            catalogue = await self._reader.current(session, plan_change.mission_id)
            await self._record.keep(
                session, [(before, freed(before, wanted_count(before, catalogue), change)) for before in held]
            )
