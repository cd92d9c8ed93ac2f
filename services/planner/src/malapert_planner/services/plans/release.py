"""Releases and terminates plans: a saga with comms-window that survives a crash between its two sides."""

import asyncio
from collections.abc import Sequence

import structlog
from malapert.comms_window.v1 import contact_pb2
from malapert_core.db.database import Database
from malapert_core.errors import ErrorCategory, MalapertError
from malapert_core.policy.identity import Identity, Role, acting_as

from malapert_planner.domain.life.plan import Pending, Plan, PlanState
from malapert_planner.services.ports import Announcer, CommsWindows
from malapert_planner.services.requests_out.request_messages import interval
from malapert_planner.storage.plans import PlanStore

log = structlog.get_logger(__name__)

# After these the other side may have done its part, or will be able to: the saga goes on later.
_DOUBTFUL = (ErrorCategory.UNAVAILABLE, ErrorCategory.INTERNAL, ErrorCategory.CANCELLED, ErrorCategory.EXHAUSTED)
_DOUBTFUL_REASONS = ("IDEMPOTENCY_KEY_IN_USE",)


class PlanRelease:
    """Books a plan's contacts and releases it, or gives them back and ends it.

    What is begun is marked on the plan first. The booking carries a key made from the plan and its content, so that it
    is done once however often it is asked for; `resume` finishes what a crash or an outage left.

    Parameters
    ----------
    database : Database
    plans : PlanStore
    comms_windows : CommsWindows
    announcer : Announcer
    """

    def __init__(self, database: Database, plans: PlanStore, comms_windows: CommsWindows, announcer: Announcer) -> None:
        self._database = database
        self._plans = plans
        self._comms_windows = comms_windows
        self._announcer = announcer

    async def release(self, plan_id: str, seen_version: int, identity: Identity) -> Plan:
        """Commit a plan's contacts and release it; one that is released already is returned as it is.

        Raises
        ------
        ConflictError
            ``CONTACT_CONFLICT`` with the contacts in the way: nothing is booked, the plan stays SUBMITTED.
        PreconditionError
            ``WRONG_STATE`` or ``NOT_APPROVED``.
        """
        async with self._database.transaction() as session:
            plan = await self._plans.get(session, plan_id)
            if plan.state is PlanState.RELEASED and plan.pending is Pending.NONE:
                return plan
            if plan.pending is not Pending.RELEASING:
                plan.require_version(seen_version)
                plan = await self._plans.save(session, plan.release_begun(_signature(identity)))
        return await self._finish_release(plan)

    async def terminate(self, plan_id: str, reason: str, identity: Identity) -> Plan:
        """End a plan, giving back the contacts of a released one."""
        async with self._database.transaction() as session:
            plan = await self._plans.get(session, plan_id)
            if plan.pending is not Pending.TERMINATING:
                plan = await self._plans.save(session, plan.termination_begun(reason, _signature(identity)))
        return await self._finish_termination(plan)

    async def resume(self) -> bool:
        """Try to finish everything that was begun; return whether nothing is left."""
        async with self._database.reading() as session:
            plans = [await self._plans.get(session, plan_id) for plan_id in await self._plans.pending_ids(session)]
        left = 0
        for plan in plans:
            finish = self._finish_release if plan.pending is Pending.RELEASING else self._finish_termination
            try:
                with acting_as(_identity(plan.pending_by)):
                    await finish(plan)
                log.info("pending change of a plan finished", plan_id=plan.plan_id, pending=plan.pending.value)
            except MalapertError as error:
                left += _doubtful(error)
                log.warning("pending change of a plan not finished", plan_id=plan.plan_id, reason=error.reason)
        return left == 0

    async def _finish_release(self, plan: Plan) -> Plan:
        try:
            contact_ids = await self._booked(plan)
        except MalapertError as error:
            if not _doubtful(error):
                await self._undo_release(plan.plan_id)
            raise
        async with self._database.transaction() as session:
            present = await self._plans.get(session, plan.plan_id)
            if present.pending is not Pending.RELEASING:
                return present
            released = await self._plans.save(session, present.released(contact_ids))
            self._announcer.announce(session, released)
        return released

    async def _undo_release(self, plan_id: str) -> None:
        async with self._database.transaction() as session:
            present = await self._plans.get(session, plan_id)
            if present.pending is Pending.RELEASING:
                await self._plans.save(session, present.release_refused())

    async def _booked(self, plan: Plan) -> tuple[str, ...]:
        if not plan.content.contacts:
            return ()
        contacts = await self._comms_windows.reserve_contacts(_reservation(plan))
        return tuple(contact.contact_id for contact in contacts)

    async def _finish_termination(self, plan: Plan) -> Plan:
        if plan.contact_ids:
            holding = await self._holding(plan)
            if holding:
                await self._comms_windows.release_contacts(holding, f"plan terminated: {plan.state_reason}")
        async with self._database.transaction() as session:
            present = await self._plans.get(session, plan.plan_id)
            if present.pending is not Pending.TERMINATING:
                return present
            ended = await self._plans.save(session, present.terminated())
            self._announcer.announce(session, ended)
        return ended

    async def _holding(self, plan: Plan) -> Sequence[str]:
        contacts = plan.content.contacts
        span = (min(item.start_time for item in contacts), max(item.end_time for item in contacts))
        held = {booking.contact_id for booking in await self._comms_windows.list_bookings(span)}
        return [contact_id for contact_id in plan.contact_ids if contact_id in held]


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
        await asyncio.sleep(pause)


def _doubtful(error: MalapertError) -> bool:
    return error.category in _DOUBTFUL or error.reason in _DOUBTFUL_REASONS


def _reservation(plan: Plan) -> contact_pb2.ReserveContactsRequest:
    content = plan.content
    return contact_pb2.ReserveContactsRequest(
        idempotency_key=f"{plan.plan_id}:{content.content_hash}",
        mission_id=content.mission_id,
        plan_id=plan.plan_id,
        requests=[
            contact_pb2.ContactRequest(
                station_id=contact.station_id,
                asset_id=content.asset_id,
                interval=interval(contact.start_time, contact.end_time),
                window_set_id=content.window_set_id if contact.window_id else "",
                window_id=contact.window_id,
            )
            for contact in content.contacts
        ],
        commit=True,
    )


def _signature(identity: Identity) -> tuple[str, ...]:
    return (identity.agency_id, identity.role.value, identity.key_id)


def _identity(signature: tuple[str, ...]) -> Identity:
    agency_id, role, key_id = signature
    return Identity(agency_id, Role(role), key_id)
