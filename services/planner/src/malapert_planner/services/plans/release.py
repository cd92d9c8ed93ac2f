"""Releases and terminates plans: a saga with comms-window that survives a crash between its two sides."""

import asyncio
from dataclasses import replace

import structlog
from malapert_core.db.database import Database
from malapert_core.errors import ErrorCategory, Fault, MalapertError
from malapert_core.policy.identity import Identity, acting_as, identity_of_stored, stored_identity
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_planner.domain.life.acts import PlanAction
from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.life.states import Pending, PlanState
from malapert_planner.services.plans.bookings import Booked, PlanBookings
from malapert_planner.services.plans.lineage import plan_in_force
from malapert_planner.services.plans.notices import PlanNotices
from malapert_planner.services.plans.record import PlanRecord, act_of
from malapert_planner.services.plans.release_checks import ReleaseChecks
from malapert_planner.services.ports import Clock
from malapert_planner.storage.plans import PlanStore

log = structlog.get_logger(__name__)

# After these the other side may have done its part, or will be able to: the saga goes on later.
_DOUBTFUL = (ErrorCategory.UNAVAILABLE, ErrorCategory.INTERNAL, ErrorCategory.CANCELLED, ErrorCategory.EXHAUSTED)
_DOUBTFUL_REASONS = ("IDEMPOTENCY_KEY_IN_USE",)
_REFUSALS = ("TOO_MANY_HOLDS",)
_SETTLE_S = 0.2
"""Time in which what comes at once is taken together, seconds."""
_BEING_RELEASED = (Pending.RELEASING, Pending.AWAITING_STATIONS)


class PlanRelease:
    """Books a plan's contacts and releases it, or gives them back and ends it.

    What is begun is marked on the plan first, and on the plan in force that it supersedes. The booking carries a key of
    the attempt, so that it is done once however often it is asked for; `resume` finishes what a crash or an outage
    left, and what waits for owners of antennas.

    Parameters
    ----------
    database : Database
    plans : PlanStore
    record : PlanRecord
    bookings : PlanBookings
    checks : ReleaseChecks
    notices : PlanNotices
    clock : Clock
    """

    def __init__(
        self,
        database: Database,
        plans: PlanStore,
        record: PlanRecord,
        bookings: PlanBookings,
        checks: ReleaseChecks,
        notices: PlanNotices,
        clock: Clock,
    ) -> None:
        self._database = database
        self._plans = plans
        self._record = record
        self._bookings = bookings
        self._checks = checks
        self._notices = notices
        self._clock = clock
        self._woken = asyncio.Event()

    async def release(self, plan_id: str, seen_version: int, identity: Identity) -> Plan:
        """Commit a plan's contacts and release it in the place of the plan in force that it was made from, if any.

        One that is released already is returned as it is, and one whose contacts wait for owners of antennas as it
        then stands.

        Raises
        ------
        ConflictError
            ``CONTACT_CONFLICT`` with the contacts in the way, ``CONTACTS_REFUSED`` with those that their owners
            refused: nothing is booked, the plan stays SUBMITTED and the one that it would supersede in force.
        PreconditionError
            ``WRONG_STATE``, ``NOT_APPROVED``, ``PLAN_OUTDATED``, ``BASE_SUPERSEDED`` or ``PLAN_BUSY``.
        """
        gone = await self._gone_requests(plan_id)
        async with self._database.transaction() as session:
            plan = await self._plans.get(session, plan_id)
            if plan.state is PlanState.RELEASED and plan.pending is Pending.NONE:
                return plan
            if plan.pending not in _BEING_RELEASED:
                plan.require_version(seen_version)
                plan = await self._begun(session, plan, identity, gone)
        # Whoever asks again, bookings are made and given back in the name of who began.
        with acting_as(identity_of_stored(plan.pending_by)):
            return await self._finish_release(plan)

    async def terminate(self, plan_id: str, reason: str, identity: Identity) -> Plan:
        """End a plan, giving back those of its contacts that have not begun."""
        async with self._database.transaction() as session:
            plan = await self._plans.get(session, plan_id)
            if plan.pending is not Pending.TERMINATING:
                await self._free_superseded(session, plan)
                plan = await self._plans.save(session, plan.termination_begun(reason, stored_identity(identity)))
        with acting_as(identity_of_stored(plan.pending_by)):
            return await self._finish_termination(plan)

    def wake(self) -> None:
        """Let `finish_pending` look again soon: what a release waits for may have come."""
        self._woken.set()

    async def pause(self, longest_s: float) -> None:
        """Wait for some seconds, less where `wake` is called."""
        try:
            async with asyncio.timeout(longest_s):
                await self._woken.wait()
        except TimeoutError:
            return
        self._woken.clear()
        await asyncio.sleep(_SETTLE_S)

    async def resume(self) -> bool:
        """Try to finish everything that was begun; return whether nothing is left but what waits for others."""
        async with self._database.reading() as session:
            plans = [await self._plans.get(session, plan_id) for plan_id in await self._plans.pending_ids(session)]
        left = 0
        for plan in plans:
            # One that is being superseded follows the plan that takes over.
            if plan.pending is Pending.SUPERSEDING:
                continue
            finish = self._finish_release if plan.pending in _BEING_RELEASED else self._finish_termination
            try:
                with acting_as(identity_of_stored(plan.pending_by)):
                    after = await finish(plan)
                if after.pending is Pending.NONE:
                    log.info("pending change of a plan finished", plan_id=plan.plan_id, pending=plan.pending.value)
            except MalapertError as error:
                left += _doubtful(error)
                log.warning("pending change of a plan not finished", plan_id=plan.plan_id, reason=error.reason)
        return left == 0

    async def _gone_requests(self, plan_id: str) -> list[Fault]:
        async with self._database.reading() as session:
            plan = await self._plans.get(session, plan_id)
        if plan.state is not PlanState.SUBMITTED or plan.pending is not Pending.NONE:
            return []
        return await self._checks.gone_requests(plan)

    async def _begun(self, session: AsyncSession, plan: Plan, identity: Identity, gone: list[Fault]) -> Plan:
        base_id = await plan_in_force(session, self._plans, plan.precursor_plan_id)
        key = f"{plan.plan_id}:{plan.content.content_hash}:{plan.version}"
        # First what has happened since: it is why an approval may not count any more.
        await self._checks.require_current(session, plan, gone)
        begun = plan.release_begun(stored_identity(identity), key, self._clock(), base_id)
        begun = await self._plans.save(session, begun)
        if base_id:
            base = await self._plans.get(session, base_id)
            await self._plans.save(session, base.superseding_begun(plan.plan_id))
        return begun

    async def _finish_release(self, plan: Plan) -> Plan:
        try:
            booked = await self._bookings.book(plan)
        except MalapertError as error:
            if not _doubtful(error):
                await self._undo_release(plan.plan_id)
            raise
        async with self._database.transaction() as session:
            present = await self._plans.get(session, plan.plan_id)
            if present.pending not in _BEING_RELEASED:
                return present
            if booked.awaited:
                return await self._waiting(session, present, booked)
            return await self._released(session, present, booked)

    async def _waiting(self, session: AsyncSession, plan: Plan, booked: Booked) -> Plan:
        if plan.pending is Pending.AWAITING_STATIONS and plan.awaited == booked.awaited:
            return plan
        return await self._plans.save(session, plan.awaiting(booked.awaited))

    async def _released(self, session: AsyncSession, plan: Plan, booked: Booked) -> Plan:
        identity, now = identity_of_stored(plan.pending_by), self._clock()
        act = act_of(PlanAction.RELEASED, identity, now)
        released = await self._record.changed(
            session, plan.released(booked.contact_ids, act), PlanAction.RELEASED, identity
        )
        if released.supersedes_plan_id:
            base = await self._plans.get(session, released.supersedes_plan_id)
            superseded = base.superseded(replace(act, action=PlanAction.SUPERSEDED))
            await self._record.changed(session, superseded, PlanAction.SUPERSEDED, identity)
        if booked.left:
            await self._notices.contacts_left(session, released.plan_id, booked.left, now)
            return await self._plans.get(session, released.plan_id)
        return released

    async def _undo_release(self, plan_id: str) -> None:
        async with self._database.transaction() as session:
            present = await self._plans.get(session, plan_id)
            if present.pending in _BEING_RELEASED:
                await self._free_superseded(session, present)
                await self._plans.save(session, present.release_refused())

    async def _free_superseded(self, session: AsyncSession, plan: Plan) -> None:
        """Let the plan that one was about to supersede go on as before."""
        if plan.pending is not Pending.AWAITING_STATIONS and plan.pending is not Pending.RELEASING:
            return
        if plan.supersedes_plan_id:
            base = await self._plans.get(session, plan.supersedes_plan_id)
            if base.pending is Pending.SUPERSEDING and base.superseded_by_plan_id == plan.plan_id:
                await self._plans.save(session, base.superseding_refused())

    async def _finish_termination(self, plan: Plan) -> Plan:
        await self._bookings.give_back(plan, f"plan terminated: {plan.state_reason}")
        async with self._database.transaction() as session:
            present = await self._plans.get(session, plan.plan_id)
            if present.pending is not Pending.TERMINATING:
                return present
            identity = identity_of_stored(present.pending_by)
            act = act_of(PlanAction.TERMINATED, identity, self._clock(), present.state_reason)
            return await self._record.changed(session, present.terminated(act), PlanAction.TERMINATED, identity)


async def finish_pending(release: PlanRelease, pause_s: float = 1.0, longest_pause_s: float = 30.0) -> None:
    """Finish what a crash left, with growing pauses while the other side is away; runs until cancelled."""
    pause = pause_s
    while True:
        try:
            done = await release.resume()
        except Exception:
            log.exception("pending changes of plans could not be looked at")
            done = False
        pause = longest_pause_s if done else min(pause * 2, longest_pause_s)
        await release.pause(pause)


def _doubtful(error: MalapertError) -> bool:
    if error.reason in _REFUSALS:
        return False
    return error.category in _DOUBTFUL or error.reason in _DOUBTFUL_REASONS
