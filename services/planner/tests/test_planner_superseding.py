"""A replan that is released takes over from the plan in force, over the real contact book, whole or not at all."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import hand_made_plan
import pytest
from contact_book import BookedNeighbours, booked, running_book
from malapert.comms_window.v1 import contact_pb2
from malapert.operation.v1 import operation_pb2
from malapert.planner.v1 import plan_pb2
from malapert_comms_window.config import CommsWindowSettings
from malapert_comms_window.storage.tables import ContactRow
from malapert_core.errors import MalapertError, PreconditionError
from malapert_core.service import RunningService
from malapert_planner.services.jobs.job_messages import JOBS
from malapert_testing.services import ServiceLauncher
from planner_client import PlannerClient, approve, client_of, run_planner, submitted_plan
from sqlmodel import select

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("_hand_made_plans")]


class Pair:
    """A planner beside the real contact book."""

    def __init__(
        self,
        neighbours: BookedNeighbours,
        target: str,
        client: PlannerClient,
        book: RunningService[CommsWindowSettings],
    ) -> None:
        self.neighbours, self.target, self.client, self.book = neighbours, target, client, book

    async def released(self) -> plan_pb2.Plan:
        plan = await submitted_plan(self.client)
        await approve(self.target, plan)
        return await self.release(plan)

    async def next_plan(self, base: plan_pb2.Plan) -> plan_pb2.Plan:
        """Return an approved plan that was made from another one."""
        operation = await self.client.generate(precursor_plan_id=base.plan_id)
        assert operation.state == operation_pb2.OPERATION_STATE_SUCCEEDED, operation
        plan = (await self.client.plans.SubmitPlan(plan_pb2.SubmitPlanRequest(plan_id=operation.result_id))).plan
        await approve(self.target, plan)
        return plan

    async def asked_to_release(self, plan: plan_pb2.Plan) -> plan_pb2.Plan:
        return (await self.client.plans.ReleasePlan(plan_pb2.ReleasePlanRequest(plan_id=plan.plan_id))).plan

    async def release(self, plan: plan_pb2.Plan) -> plan_pb2.Plan:
        """Release a plan, where that waits for ISRO with its consent."""
        plan = await self.asked_to_release(plan)
        if plan.pending == plan_pb2.PLAN_PENDING_AWAITING_STATIONS:
            ids = [contact.contact_id for contact in plan.awaited]
            await self.neighbours.isro.CommitContacts(contact_pb2.CommitContactsRequest(contact_ids=ids))
            plan = await self.asked_to_release(plan)
        assert state_of(plan) == "RELEASED"
        return plan

    async def states(self, *plans: plan_pb2.Plan) -> list[str]:
        read = [await self.client.get(plan.plan_id) for plan in plans]
        return [plan_pb2.PlanState.Name(plan.state).removeprefix("PLAN_STATE_") for plan in read]


@pytest.fixture
def next_schedule(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Lets the plans made from then on have other contacts."""
    return lambda: monkeypatch.setitem(JOBS, "plan_job", hand_made_plan.next_plan_job)


@asynccontextmanager
async def running_pair(launcher: ServiceLauncher, folder: Path) -> AsyncIterator[Pair]:
    async with (
        running_book(launcher, folder) as (neighbours, target, book),
        run_planner(launcher, target) as service,
        client_of(service.target) as client,
    ):
        yield Pair(neighbours, service.target, client, book)


async def test_the_plan_before_is_superseded_and_what_is_kept_is_the_same_booking(
    sqlite_service_runtime: ServiceLauncher, tmp_path: Path, next_schedule: Callable[[], None]
) -> None:
    async with running_pair(sqlite_service_runtime, tmp_path) as pair:
        base = await pair.released()
        next_schedule()
        plan = await pair.release(await pair.next_plan(base))
        before = await pair.client.get(base.plan_id)
        book = await booked(pair.neighbours)
    assert state_of(before) == "SUPERSEDED"
    assert (before.superseded_by_plan_id, plan.supersedes_plan_id) == (plan.plan_id, base.plan_id)
    assert plan.contacts[0].contact_id == base.contacts[0].contact_id
    assert book == {
        **{contact.contact_id: (plan.plan_id, "COMMITTED") for contact in plan.contacts},
        base.contacts[1].contact_id: (base.plan_id, "CANCELLED"),
    }
    actions = [plan_pb2.PlanAction.Name(act.action).removeprefix("PLAN_ACTION_") for act in before.acts]
    assert actions == ["CREATED", "SUBMITTED", "RELEASED", "SUPERSEDED"]
    assert {act.agency_id for act in before.acts} == {"JAXA"}


async def test_a_release_waits_for_owners_of_antennas_and_is_over_where_one_refuses(
    sqlite_service_runtime: ServiceLauncher, tmp_path: Path, next_schedule: Callable[[], None]
) -> None:
    async with running_pair(sqlite_service_runtime, tmp_path) as pair:
        plan = await submitted_plan(pair.client)
        await approve(pair.target, plan)
        waiting = await pair.asked_to_release(plan)
        assert (state_of(waiting), waiting.pending) == ("SUBMITTED", plan_pb2.PLAN_PENDING_AWAITING_STATIONS)
        assert await listed(pair.client, [plan_pb2.PLAN_PENDING_AWAITING_STATIONS]) == [plan.plan_id]
        assert await listed(pair.client, [plan_pb2.PLAN_PENDING_TERMINATING]) == []
        (awaited,) = waiting.awaited
        assert (awaited.station_id, awaited.agency_id) == ("isro-idsn-32", "ISRO")
        assert awaited.interval == plan.contacts[0].interval
        assert awaited.HasField("until_time")
        refusal = contact_pb2.RejectContactsRequest(contact_ids=[awaited.contact_id], reason="maintenance")
        await pair.neighbours.isro.RejectContacts(refusal)
        # The event of the refusal may end the release before it is asked for again.
        while (left := await pair.client.get(plan.plan_id)).pending:
            await asyncio.sleep(0.05)
        assert (state_of(left), list(left.awaited)) == ("SUBMITTED", [])
        states = [state for _, state in (await booked(pair.neighbours, plan.plan_id)).values()]
        assert sorted(states) == ["CANCELLED", "REJECTED"]
        # A second attempt asks anew.
        await pair.release(plan)


async def test_a_contact_that_another_agency_booked_stays_booked_and_everybody_concerned_is_told(
    sqlite_service_runtime: ServiceLauncher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_pair(sqlite_service_runtime, tmp_path) as pair:
        base = await pair.released()
        left = base.contacts[1].contact_id
        # ESA, which plans the mission too, had released the base.
        async with pair.book.runtime.database.transaction() as session:
            row = (await session.exec(select(ContactRow).where(ContactRow.contact_id == left))).one()
            row.agency_id = "ESA"
            session.add(row)
        monkeypatch.setitem(JOBS, "plan_job", hand_made_plan.later_plan_job)
        answer = await pair.release(plan := await pair.next_plan(base))
        (notice,) = answer.notices
        assert (notice.change, notice.subject_id, notice.agency_id) == ("STAYS_BOOKED", left, "ESA")
        assert (list(notice.agency_ids), notice.is_breaking) == (["ESA", "JAXA"], False)
        assert "jaxa-udsc-64" in notice.reason
        assert "until ESA gives it back" in notice.reason
        assert (await pair.client.get(plan.plan_id)).notices == answer.notices
        assert (await booked(pair.neighbours))[left] == (base.plan_id, "COMMITTED")


async def listed(client: PlannerClient, steps: list[plan_pb2.PlanPending.ValueType]) -> list[str]:
    answer = await client.plans.ListPlans(plan_pb2.ListPlansRequest(pending_steps=steps))
    return [plan.plan_id for plan in answer.plans]


def state_of(plan: plan_pb2.Plan) -> str:
    return plan_pb2.PlanState.Name(plan.state).removeprefix("PLAN_STATE_")


async def test_a_conflict_leaves_the_plan_before_in_force(
    sqlite_service_runtime: ServiceLauncher, tmp_path: Path, next_schedule: Callable[[], None]
) -> None:
    async with running_pair(sqlite_service_runtime, tmp_path) as pair:
        base = await pair.released()
        next_schedule()
        plan = await pair.next_plan(base)
        taken = contact_pb2.ReserveContactsRequest(
            idempotency_key="other",
            mission_id="other",
            commit=True,
            requests=[
                contact_pb2.ContactRequest(
                    station_id=plan.contacts[2].station_id, asset_id="rover", interval=plan.contacts[2].interval
                )
            ],
        )
        await pair.neighbours.jaxa.ReserveContacts(taken)
        before = await booked(pair.neighbours)
        # The notice that the antenna was taken may come first.
        with pytest.raises(MalapertError, match=r"CONTACT_CONFLICT|PLAN_OUTDATED"):
            await pair.release(plan)
        await pair.client.plans.AcknowledgeNotices(plan_pb2.AcknowledgeNoticesRequest(plan_id=plan.plan_id))
        with pytest.raises(MalapertError, match=r"CONTACT_CONFLICT|PLAN_OUTDATED|NOT_APPROVED"):
            await pair.release(plan)
        assert await booked(pair.neighbours) == before
        left = await pair.client.get(base.plan_id)
        assert await pair.states(base, plan) == ["RELEASED", "SUBMITTED"]
        assert (left.pending, left.superseded_by_plan_id) == (plan_pb2.PLAN_PENDING_UNSPECIFIED, "")
        await pair.client.plans.TerminatePlan(plan_pb2.TerminatePlanRequest(plan_id=base.plan_id, reason="over"))


async def test_a_branch_of_a_superseded_plan_is_not_released_over_the_one_that_took_over(
    sqlite_service_runtime: ServiceLauncher, tmp_path: Path, next_schedule: Callable[[], None]
) -> None:
    async with running_pair(sqlite_service_runtime, tmp_path) as pair:
        base = await pair.released()
        branch = await pair.next_plan(base)
        next_schedule()
        plan = await pair.release(await pair.next_plan(base))
        with pytest.raises(PreconditionError, match="BASE_SUPERSEDED") as refused:
            await pair.release(branch)
        assert refused.value.metadata["superseded_by_plan_id"] == plan.plan_id
        with pytest.raises(PreconditionError, match="WRONG_STATE"):
            await pair.client.plans.TerminatePlan(plan_pb2.TerminatePlanRequest(plan_id=base.plan_id, reason="over"))
        ended = plan_pb2.TerminatePlanRequest(plan_id=plan.plan_id, reason="over")
        await pair.client.plans.TerminatePlan(ended)
        assert {state for _, state in (await booked(pair.neighbours)).values()} == {"CANCELLED"}
        # Nothing is in force any more: the branch is released for itself.
        await pair.release(branch)
        assert await pair.states(base, plan, branch) == ["SUPERSEDED", "TERMINATED", "RELEASED"]
