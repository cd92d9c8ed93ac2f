"""Archive of drafts: those that nobody has touched for long are laid aside, and can be restored."""

import asyncio
from datetime import timedelta

import structlog
from malapert_core.db.database import Database
from malapert_core.errors import ConflictError, MalapertError
from malapert_core.policy.identity import Identity, service_identity

from malapert_planner.domain.life.acts import PlanAction
from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.life.states import Pending, PlanState
from malapert_planner.services.plans.record import PlanRecord, act_of
from malapert_planner.services.ports import Clock
from malapert_planner.storage.plans import PlanStore

log = structlog.get_logger(__name__)

PAUSE_S = 3600.0
_AT_ONCE = 100


class PlanArchive:
    """Lays drafts aside and takes them out again.

    Parameters
    ----------
    database : Database
    plans : PlanStore
    record : PlanRecord
    clock : Clock
    retention : timedelta
        How long a draft stays without a change.
    """

    def __init__(
        self, database: Database, plans: PlanStore, record: PlanRecord, clock: Clock, retention: timedelta
    ) -> None:
        self._database = database
        self._plans = plans
        self._record = record
        self._clock = clock
        self._retention = retention

    async def archive_old(self) -> int:
        """Archive every draft that was not changed for the retention, and return how many."""
        now, count = self._clock(), 0
        reason = f"no change for {self._retention.total_seconds() / 86_400:g} days"
        identity = service_identity("planner")
        while True:
            async with self._database.reading() as session:
                due = await self._plans.unchanged_drafts(session, now - self._retention, _AT_ONCE)
            if not due:
                return count
            for plan_id in due:
                count += await self._archived(plan_id, reason, identity)

    async def _archived(self, plan_id: str, reason: str, identity: Identity) -> int:
        try:
            async with self._database.transaction() as session:
                plan = await self._plans.get(session, plan_id)
                if plan.state is not PlanState.DRAFT or plan.pending is not Pending.NONE:
                    return 0
                act = act_of(PlanAction.ARCHIVED, identity, self._clock(), reason)
                await self._record.changed(session, plan.archived(act), PlanAction.ARCHIVED, identity)
        except ConflictError:
            return 0  # Somebody has just changed it.
        return 1

    async def restore(self, plan_id: str, seen_version: int, identity: Identity) -> Plan:
        """Return an archived plan as the draft that it was.

        Raises
        ------
        PreconditionError
            ``WRONG_STATE``.
        """
        async with self._database.transaction() as session:
            plan = await self._plans.get(session, plan_id)
            plan.require_version(seen_version)
            act = act_of(PlanAction.RESTORED, identity, self._clock())
            return await self._record.changed(session, plan.restored(act), PlanAction.RESTORED, identity)


async def archive_from_time_to_time(archive: PlanArchive, pause_s: float = PAUSE_S) -> None:
    """Archive old drafts every hour; runs until cancelled."""
    while True:
        try:
            if count := await archive.archive_old():
                log.info("drafts archived", count=count)
        except MalapertError as error:
            log.warning("drafts could not be archived", reason=error.reason)
        except Exception:
            log.exception("drafts could not be archived")
        await asyncio.sleep(pause_s)
