"""The course of a solve within an operation: seen while it runs, stored, bounded."""

import asyncio
import math
from itertools import pairwise

import pytest
from malapert_core.db.database import Database
from malapert_core.db.migrations import run_migrations
from malapert_core.operations.course import MOST_MOMENTS, SolveFound, SolveMoment, with_moment
from malapert_core.operations.handlers import operation_message
from malapert_core.operations.operations import OperationContext, OperationRunner
from malapert_core.operations.store import OperationStore
from malapert_testing.services import identity_of
from sample_service.factory import MIGRATIONS


@pytest.mark.asyncio
async def test_what_a_solve_found_is_stored_and_told_with_its_times(sqlite_url: str) -> None:
    async def solving(context: OperationContext) -> str:
        context.stage("solve", "Solving")
        context.progress(0.1, "no plan yet", SolveFound(None, 430.0))
        context.progress(0.2, "", SolveFound(400.0, 430.0, 30.0 / 430.0))
        context.progress(0.3, "the same", SolveFound(400.0, 430.0, 30.0 / 430.0))
        context.stage("store", "Storing")
        return "plan-1"

    database = Database(sqlite_url)
    await run_migrations(database, MIGRATIONS)
    runner = OperationRunner(database, service_name="test", concurrency=1)
    runner.register("work", solving)
    await runner.start()
    try:
        operation_id = await runner.submit(None, "work", b"", identity_of("jaxa"))
        async with asyncio.timeout(15):
            *_, last = [operation async for operation in runner.watch(operation_id)]
        async with database.reading() as session:
            stored = await OperationStore(session).get(operation_id)
    finally:
        await runner.stop()
        await database.close()
    solve, store = operation_message(stored).stages
    assert stored.stages == last.stages
    assert [(each.HasField("incumbent"), each.incumbent, each.bound) for each in solve.course] == [
        (False, 0.0, 430.0),
        (True, 400.0, 430.0),
    ]
    assert solve.course[1].gap == pytest.approx(30.0 / 430.0)
    assert solve.course[0].elapsed_s <= solve.course[1].elapsed_s <= solve.elapsed_s
    assert not store.course


def test_a_bound_that_says_nothing_is_left_out() -> None:
    assert SolveFound(1.0, math.inf, math.nan).finite() == SolveFound(1.0)


def test_a_long_course_is_thinned_evenly_and_keeps_its_ends() -> None:
    course: tuple[SolveMoment, ...] = ()
    for n in range(5000):
        course = with_moment(course, float(n), SolveFound(float(n), 1e4))
        assert len(course) <= MOST_MOMENTS
    assert (course[0].elapsed_s, course[-1].elapsed_s) == (0.0, 4999.0)
    times = [moment.elapsed_s for moment in course]
    assert times == sorted(times)
    assert max(later - sooner for sooner, later in pairwise(times)) < 5000 / MOST_MOMENTS * 4
