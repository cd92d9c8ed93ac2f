"""A superseding release that dies at any step is either not begun or finished by the next process, always whole."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from malapert.comms_window.v1 import contact_pb2
from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database
from malapert_core.db.migrations import run_migrations
from malapert_core.errors import ConflictError
from malapert_core.events.outbox import EventOutbox
from malapert_planner.domain.life.acts import PlanAct, PlanAction
from malapert_planner.domain.life.content import PlanContact, PlanContent
from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.life.states import Pending, PlanState
from malapert_planner.domain.schedule.result import SolveStatus
from malapert_planner.factory import MIGRATIONS
from malapert_planner.handlers.events import PlanAnnouncer
from malapert_planner.services.plans.bookings import PlanBookings
from malapert_planner.services.plans.notices import PlanNotices
from malapert_planner.services.plans.record import PlanRecord
from malapert_planner.services.plans.release import PlanRelease
from malapert_planner.services.plans.release_checks import ReleaseChecks
from malapert_planner.services.sharing.viewing import PlanViewing
from malapert_planner.storage.missions import MissionStore
from malapert_planner.storage.notices import NoticeStore
from malapert_planner.storage.plans import PlanStore
from malapert_testing.services import identity_of

NOW = datetime(2029, 1, 1, tzinfo=UTC)
ACT = PlanAct(PlanAction.CREATED, "JAXA", "key:1", NOW)


class Killed(BaseException):
    """The process has died."""


class Steps:
    """Counts steps, and dies at one of them."""

    def __init__(self, last: int) -> None:
        self.count, self._last = 0, last

    def step(self) -> None:
        self.count += 1
        if self.count == self._last:
            raise Killed


class MortalDatabase:
    """A database before, within and after each of whose transactions the process may die."""

    def __init__(self, database: Database, steps: Steps) -> None:
        self._database, self._steps = database, steps

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        self._steps.step()
        async with self._database.transaction() as session:
            yield session
            self._steps.step()
        self._steps.step()

    def reading(self) -> Any:
        return self._database.reading()


class MortalBook:
    """A contact book that does a superseding once for a key, before and after which the process may die."""

    def __init__(self, held: dict[str, str], steps: Steps, *, refuses: bool = False) -> None:
        self.held, self.steps, self._refuses = held, steps, refuses

    async def supersede_contacts(self, asked: contact_pb2.SupersedeContactsRequest) -> Any:
        self.steps.step()
        if self._refuses:
            raise ConflictError("CONTACT_CONFLICT", "the antenna is taken")
        self.held.clear()
        self.held.update({request.station_id: asked.plan_id for request in asked.requests})
        self.steps.step()
        contacts = [
            contact_pb2.Contact(contact_id=f"of-{request.station_id}", state=contact_pb2.CONTACT_STATE_COMMITTED)
            for request in asked.requests
        ]
        return contact_pb2.SupersedeContactsResponse(contacts=contacts, done=True)


class NoRequests:
    """Payload, of whose requests none is gone."""

    async def list_requests(self, mission_id: str, states: Sequence[Any]) -> list[Any]:
        return []


def plan_of(plan_id: str, precursor_plan_id: str, *station_ids: str) -> Plan:
    contacts = tuple(PlanContact(name, NOW, NOW + timedelta(hours=1), "") for name in station_ids)
    content = PlanContent(
        "m", 1, "rover", SolveStatus.FEASIBLE, f"sha256:{plan_id}", "sha256:p", "", b"", b"", b"", b"", contacts, {}
    )  # fmt: skip
    return Plan(
        plan_id=plan_id,
        content=content,
        reviewer_agency_ids=(),
        owner_agency_id="JAXA",
        precursor_plan_id=precursor_plan_id,
        created_time=NOW,
        acts=(ACT,),
    )


def release_of(database: Any, book: Any) -> PlanRelease:
    plans = PlanStore()
    announcer, audit = PlanAnnouncer(EventOutbox("planner")), AuditTrail("planner")
    record = PlanRecord(plans, announcer, audit)
    checks = ReleaseChecks(NoRequests(), MissionStore(), PlanViewing(None, lambda: NOW))  # type: ignore[arg-type]
    notices = PlanNotices(database, NoticeStore(), plans, announcer, audit, lambda: NOW)
    return PlanRelease(database, plans, record, PlanBookings(book, lambda: NOW), checks, notices, lambda: NOW)


async def stored(database: Database, number: int) -> list[Plan]:
    base = plan_of(f"base-{number}", "", "a", "b")
    base = replace(base, state=PlanState.RELEASED, contact_ids=("of-a", "of-b"))
    plan = replace(plan_of(f"plan-{number}", base.plan_id, "b", "c"), state=PlanState.SUBMITTED)
    async with database.transaction() as session:
        for each in (base, plan):
            await PlanStore().add(session, each)
    return [base, plan]


@pytest.mark.asyncio
@pytest.mark.parametrize("refuses", [False, True])
async def test_death_at_any_step_leaves_the_release_whole(tmp_path: Path, refuses: bool) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'planner.db'}")
    await run_migrations(database, MIGRATIONS)
    last, deaths = 1, 0
    try:
        while True:
            base, plan = await stored(database, last)
            steps, held = Steps(last), {"a": base.plan_id, "b": base.plan_id}
            dying = release_of(MortalDatabase(database, steps), MortalBook(held, steps, refuses=refuses))
            died = False
            try:
                await dying.release(plan.plan_id, 0, identity_of("JAXA"))
            except Killed:
                died = True
            except ConflictError:
                assert refuses
            living = release_of(database, MortalBook(held, Steps(0), refuses=refuses))
            assert await living.resume()
            async with database.reading() as session:
                after = [await PlanStore().get(session, each.plan_id) for each in (base, plan)]
            assert [each.pending for each in after] == [Pending.NONE, Pending.NONE]
            # Before its first transaction has ended nothing has begun.
            if refuses or steps.count <= 2:
                assert [each.state for each in after] == [PlanState.RELEASED, PlanState.SUBMITTED], steps.count
                assert held == {"a": base.plan_id, "b": base.plan_id}
                assert (after[0].superseded_by_plan_id, after[1].supersedes_plan_id) == ("", "")
            else:
                assert [each.state for each in after] == [PlanState.SUPERSEDED, PlanState.RELEASED], steps.count
                assert held == {"b": plan.plan_id, "c": plan.plan_id}
                assert after[1].contact_ids == ("of-b", "of-c")
            if not died:
                break
            last, deaths = last + 1, deaths + 1
    finally:
        await database.close()
    # Three steps of each of two transactions, and those of the book.
    assert deaths == (7 if refuses else 8)
