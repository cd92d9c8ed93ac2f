"""Long work: progress, cancellation, failure, and what remains of it when its process is killed."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from malapert.operation.v1 import operation_pb2, operation_pb2_grpc
from malapert_core.attempts import MAX_ATTEMPTS
from malapert_core.db.database import Database
from malapert_core.db.migrations import run_migrations
from malapert_core.errors import ExhaustedError, Fault, InvalidInputError, PreconditionError, UnavailableError
from malapert_core.operations.operations import (
    Operation,
    OperationContext,
    OperationHandler,
    OperationRunner,
    OperationState,
    Stage,
)
from malapert_core.operations.store import OperationFilter, OperationStore
from malapert_core.policy.identity import current_identity
from malapert_core.timestamps import utc_now
from malapert_testing.identities import identity_settings
from malapert_testing.nats_server import NatsServer, free_port
from malapert_testing.services import ServiceLauncher, identity_of, open_test_channel
from sample_service.factory import MIGRATIONS, SampleSettings, build
from sample_service.tables import NoteRow
from sqlmodel import select

JAXA = identity_of("jaxa")


@asynccontextmanager
async def migrated(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    await run_migrations(database, MIGRATIONS)
    yield database
    await database.close()


@asynccontextmanager
async def running(
    database: Database, handler: OperationHandler, concurrency: int = 2
) -> AsyncIterator[OperationRunner]:
    runner = OperationRunner(database, service_name="test", concurrency=concurrency, cancel_grace_s=0.05)
    runner.register("work", handler)
    await runner.start()
    yield runner
    await runner.stop()


async def ended(runner: OperationRunner, operation_id: str) -> Operation:
    async with asyncio.timeout(15):
        return [operation async for operation in runner.watch(operation_id)][-1]


async def note_and_finish(context: OperationContext) -> None:
    async with context.finish("result") as session:
        session.add(NoteRow(note_id=context.operation_id, content={}, created_time=utc_now()))


@pytest.mark.asyncio
async def test_result_and_success_are_one(database_url: str) -> None:
    async with migrated(database_url) as database, running(database, note_and_finish) as runner:
        operation_id = await runner.submit(None, "work", b"", JAXA)
        operation = await ended(runner, operation_id)
        assert (operation.state, operation.result_id, operation.attempt) == (OperationState.SUCCEEDED, "result", 1)
        async with database.reading() as session:
            assert await session.get(NoteRow, operation_id) is not None


@pytest.mark.asyncio
async def test_a_submission_that_is_undone_never_happened(sqlite_url: str) -> None:
    async with migrated(sqlite_url) as database, running(database, note_and_finish) as runner:

        async def undone() -> None:
            async with database.transaction() as session:
                await runner.submit(session, "work", b"", JAXA)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await undone()
        assert await runner.page(10, OperationFilter()) == []


@pytest.mark.asyncio
async def test_progress_is_seen_and_stored_from_any_thread(database_url: str) -> None:
    reported = asyncio.Event()
    proceed = asyncio.Event()

    async def work(context: OperationContext) -> str:
        def in_thread() -> None:
            context.stage("horizons", "Casting horizons")
            context.progress(0.25, "row 1 of 4")
            context.stage("search", "Searching")
            context.progress(7.0)

        await asyncio.to_thread(in_thread)
        reported.set()
        await proceed.wait()
        identity = current_identity()
        return identity.agency_id if identity else ""

    async with migrated(database_url) as database, running(database, work) as runner:
        operation_id = await runner.submit(None, "work", b"", JAXA)
        await reported.wait()
        seen = await runner.get(operation_id)
        assert [(s.name, s.title, s.fraction, s.detail) for s in seen.stages] == [
            ("horizons", "Casting horizons", 1.0, "row 1 of 4"),
            ("search", "Searching", 1.0, ""),
        ]
        proceed.set()
        operation = await ended(runner, operation_id)
        assert operation.result_id == "jaxa"
        async with database.reading() as session:
            stored = await OperationStore(session).get(operation_id)
        assert [stage.name for stage in stored.stages] == ["horizons", "search"]
        assert isinstance(stored.stages[0], Stage)


@pytest.mark.asyncio
async def test_a_failure_keeps_its_reason_and_faults(database_url: str) -> None:
    fault = Fault("requests[0]", "TOO_LONG", "at most 3600 s")

    async def refuse(context: OperationContext) -> str:
        async with context.finish("never") as session:
            session.add(NoteRow(note_id="half", content={}, created_time=utc_now()))
            raise InvalidInputError("INVALID_REQUEST", "one fault", faults=[fault])

    async with migrated(database_url) as database, running(database, refuse) as runner:
        operation = await ended(runner, await runner.submit(None, "work", b"", JAXA))
        assert (operation.state, operation.error_reason, operation.faults) == (
            OperationState.FAILED,
            "INVALID_REQUEST",
            (fault,),
        )
        async with database.reading() as session:
            assert (await session.exec(select(NoteRow))).all() == []


@pytest.mark.asyncio
async def test_an_unexpected_failure_leaks_nothing(sqlite_url: str) -> None:
    async def break_down(context: OperationContext) -> str:
        raise RuntimeError("password=hunter2")

    async with migrated(sqlite_url) as database, running(database, break_down) as runner:
        operation = await ended(runner, await runner.submit(None, "work", b"", JAXA))
    assert (operation.state, operation.error_reason) == (OperationState.FAILED, "INTERNAL")
    assert "hunter2" not in operation.error_message


async def stop_when_asked(context: OperationContext) -> str:
    await context.cancelled.wait()
    context.raise_if_cancelled()
    return "never"


async def never_look(context: OperationContext) -> str:
    await asyncio.Event().wait()
    return "never"


@pytest.mark.parametrize("handler", [stop_when_asked, never_look])
@pytest.mark.asyncio
async def test_work_is_cancelled_whether_it_looks_or_not(sqlite_url: str, handler: OperationHandler) -> None:
    async with migrated(sqlite_url) as database, running(database, handler, concurrency=1) as runner:
        first = await runner.submit(None, "work", b"", JAXA)
        queued = await runner.submit(None, "work", b"", JAXA)
        async with asyncio.timeout(10):
            async for operation in runner.watch(first):
                if operation.state is OperationState.RUNNING:
                    break
        assert (await runner.cancel(queued)).state is OperationState.CANCELLED
        await runner.cancel(first)
        assert (await ended(runner, first)).state is OperationState.CANCELLED
        assert (await runner.cancel(first)).state is OperationState.CANCELLED


@pytest.mark.asyncio
async def test_no_more_than_so_many_are_at_work(sqlite_url: str) -> None:
    at_work = most = 0

    async def count(context: OperationContext) -> str:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await asyncio.sleep(0.1)  # long enough that whoever may work beside it does
        at_work -= 1
        return "done"

    async with migrated(sqlite_url) as database, running(database, count, concurrency=2) as runner:
        ids = [await runner.submit(None, "work", b"", JAXA) for _ in range(6)]
        states = [(await ended(runner, operation_id)).state for operation_id in ids]
    assert states == [OperationState.SUCCEEDED] * 6
    assert most == 2


@pytest.mark.asyncio
async def test_an_orderly_stop_costs_no_attempt_and_tells_watchers(sqlite_url: str) -> None:
    async with migrated(sqlite_url) as database:
        begun = asyncio.Event()

        async def hang(context: OperationContext) -> str:
            begun.set()
            return await never_look(context)

        async with running(database, hang) as runner:
            operation_id = await runner.submit(None, "work", b"", JAXA)
            watching = asyncio.create_task(ended(runner, operation_id))
            await begun.wait()
        with pytest.raises(UnavailableError) as caught:
            await watching
        assert caught.value.reason == "SERVICE_STOPPING"
        async with running(database, note_and_finish) as runner:
            operation = await ended(runner, operation_id)
        assert (operation.state, operation.attempt) == (OperationState.SUCCEEDED, 1)


@pytest.mark.asyncio
async def test_work_that_kills_its_process_is_given_up(database_url: str) -> None:
    async with migrated(database_url) as database:
        async with database.transaction() as session:
            operation_id = OperationStore(session).add("work", b"", JAXA)
        for _ in range(MAX_ATTEMPTS):
            async with database.transaction() as session:
                store = OperationStore(session)
                assert await store.claim(await store.get(operation_id), "dead", timedelta(0))
                session.expire_all()
                if (await store.get(operation_id)).attempt < MAX_ATTEMPTS:
                    operation = await store.get(operation_id)
                    await store.give_back(operation, operation.attempt)
        async with running(database, note_and_finish) as runner:
            operation = await ended(runner, operation_id)
        assert (operation.state, operation.error_reason) == (OperationState.FAILED, "INTERRUPTED")


@pytest.mark.asyncio
async def test_a_lost_attempt_cannot_write_its_result(database_url: str) -> None:
    async with migrated(database_url) as database:
        async with database.transaction() as session:
            store = OperationStore(session)
            operation_id = store.add("work", b"", JAXA)
            await session.flush()
            await store.claim(await store.get(operation_id), "dead", timedelta(0))
            session.expire_all()
            stale = await store.get(operation_id)
            await store.give_back(stale, stale.attempt)
        context = OperationContext(database, stale, lambda _: None)
        with pytest.raises(PreconditionError) as caught:
            await note_and_finish(context)
        assert caught.value.reason == "OPERATION_LOST"
        async with database.reading() as session:
            assert (await session.exec(select(NoteRow))).all() == []


@pytest.mark.asyncio
async def test_a_killed_service_takes_its_work_up_again(
    tmp_path: Path, own_nats_server: NatsServer, sqlite_url: str
) -> None:
    port = free_port()
    async with migrated(sqlite_url) as database, database.transaction() as session:
        operation_id = OperationStore(session).add("write_note", b"never", JAXA)
    process = await _started(own_nats_server, sqlite_url, tmp_path, port)
    try:
        assert (await _running_on(port, operation_id)).attempt == 1
    finally:
        process.kill()
        await process.communicate()
    launcher = ServiceLauncher(own_nats_server.url, sqlite_url, tmp_path)
    async with launcher.run(SampleSettings, build, MIGRATIONS) as service:
        operation = await service.runtime.operations.get(operation_id)
        async with asyncio.timeout(30):
            async for operation in service.runtime.operations.watch(operation_id):
                if operation.attempt == 2:
                    break
        assert operation.state is OperationState.RUNNING
        await service.runtime.operations.cancel(operation_id)
        assert (await ended(service.runtime.operations, operation_id)).state is OperationState.CANCELLED


async def _running_on(port: int, operation_id: str) -> operation_pb2.Operation:
    request = operation_pb2.WatchOperationRequest(operation_id=operation_id)
    async with open_test_channel(f"127.0.0.1:{port}", JAXA, service_name="sample") as channel, asyncio.timeout(30):
        stub = operation_pb2_grpc.OperationServiceStub(channel)
        watching = stub.WatchOperation(request, wait_for_ready=True)
        async for response in watching:
            if response.operation.state == operation_pb2.OPERATION_STATE_RUNNING:
                watching.cancel()
                return response.operation
    raise AssertionError("the operation never ran")


@pytest.mark.asyncio
async def test_a_service_stops_in_order_on_sigterm(
    own_nats_server: NatsServer, sqlite_url: str, tmp_path: Path
) -> None:
    process = await _started(own_nats_server, sqlite_url, tmp_path, port=0)
    assert process.stderr is not None
    lines: list[str] = []
    async with asyncio.timeout(30):
        async for line in process.stderr:
            event = json.loads(line)["event"]
            if event == "service serves":
                process.send_signal(signal.SIGTERM)
            if event != "the event loop was held":  # as on a busy machine
                lines.append(event)
    assert await process.wait() == 0
    assert lines[lines.index("service serves") + 1] == "service stops"


async def _started(server: NatsServer, database_url: str, directory: Path, port: int) -> asyncio.subprocess.Process:
    keys = identity_settings(directory, "sample")
    environment = os.environ | {
        "PYTHONPATH": str(Path(__file__).parent),
        **{f"MALAPERT_SAMPLE_{name.upper()}": str(path) for name, path in keys.items()},
        "MALAPERT_SAMPLE_DATABASE_URL": database_url,
        "MALAPERT_SAMPLE_NATS_URL": server.url,
        "MALAPERT_SAMPLE_GRPC_PORT": str(port),
    }
    command = [sys.executable, "-m", "sample_service", "serve"]
    return await asyncio.create_subprocess_exec(*command, env=environment, stderr=asyncio.subprocess.PIPE)


@pytest.mark.asyncio
async def test_agencies_are_served_in_turn_and_a_cancelled_operation_frees_its_place(sqlite_url: str) -> None:
    begun: list[str] = []
    go_on = asyncio.Event()

    async def work(context: OperationContext) -> str:
        begun.append(context.identity.agency_id)
        await go_on.wait()
        return "done"

    async with migrated(sqlite_url) as database, running(database, work, concurrency=1) as runner:
        flood = [await runner.submit(None, "work", b"", identity_of("outsider")) for _ in range(100)]
        own = await runner.submit(None, "work", b"", JAXA)
        with pytest.raises(ExhaustedError, match="TOO_MUCH_QUEUED") as caught:
            await runner.submit(None, "work", b"", identity_of("outsider"))
        assert caught.value.metadata == {"limit": "100", "retry_after_s": "30"}
        await runner.cancel(flood[-1])
        await runner.submit(None, "work", b"", identity_of("outsider"))
        go_on.set()
        await ended(runner, own)
    assert begun.index("jaxa") <= 1
