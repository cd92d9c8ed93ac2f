"""One trace goes from a call through the operation that it begins and the queue into the work of a solver."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from malapert_core.background import background
from malapert_core.db.database import Database
from malapert_core.db.migrations import run_migrations
from malapert_core.events.broker import connect_nats
from malapert_core.jobs.queue import Job, Priority, WorkQueue
from malapert_core.jobs.submission import JobSubmitter
from malapert_core.jobs.worker import JobWorker, Tell
from malapert_core.operations.operations import OperationContext, OperationRunner
from malapert_core.telemetry import Telemetry
from malapert_testing.services import identity_of
from opentelemetry import trace
from sample_service.factory import MIGRATIONS


def present_trace() -> int:
    return trace.get_current_span().get_span_context().trace_id


@asynccontextmanager
async def solver(queue: WorkQueue, telemetry: Telemetry, seen: list[int]) -> AsyncIterator[None]:
    """Run a worker that notes in which trace it works."""

    async def perform(_kind: str, request: bytes, _tell: Tell, _unwanted: asyncio.Event) -> bytes:
        seen.append(present_trace())
        return request

    async with background(JobWorker(queue, perform, slots=1, tracer=telemetry.tracer).run()):
        yield


@pytest.mark.asyncio
async def test_a_solver_works_in_the_trace_of_the_call_that_asked(database_url: str, nats_server: str) -> None:
    seen: list[int] = []
    of_caller, of_planner, of_solver = (Telemetry(name) for name in ("gateway", "planner", "planner-worker"))
    database = Database(database_url)
    await run_migrations(database, MIGRATIONS)
    connection = await connect_nats(nats_server, name="test", reconnect_wait_s=0.05)
    queue = WorkQueue(connection, "test")

    async def solve(context: OperationContext) -> str:
        seen.append(present_trace())
        job = Job(context.operation_id, "solve", Priority.ROUTINE, context.request)
        return (await JobSubmitter(queue).run(job, on_progress=lambda _news: None)).decode()

    runner = OperationRunner(database, service_name="test", tracer=of_planner.tracer)
    runner.register("solve", solve)
    async with solver(queue, of_solver, seen):
        # Stored in the call, done by a process that was not there yet, as after a restart.
        with of_caller.tracer.start_as_current_span("POST /plans"):
            called = present_trace()
            operation_id = await runner.submit(None, "solve", b"plan", identity_of("jaxa"))
        with of_caller.tracer.start_as_current_span("another"):
            await runner.start()
        async with asyncio.timeout(30):
            last = [operation async for operation in runner.watch(operation_id)][-1]
        await runner.stop()
    assert last.result_id == "plan"
    assert called != 0
    assert seen == [called, called]
    await connection.close()
    await database.close()
    for each in (of_caller, of_planner, of_solver):
        each.close()
