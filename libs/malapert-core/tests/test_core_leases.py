"""Several processes on one database: each operation is in one pair of hands, and a dead one's is taken up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from malapert_core.db.database import Database
from malapert_core.db.migrations import run_migrations
from malapert_core.db.tables import OperationRow
from malapert_core.errors import DatabaseAwayError
from malapert_core.operations.operations import (
    Operation,
    OperationContext,
    OperationHandler,
    OperationRunner,
    OperationState,
)
from malapert_core.operations.store import CALL_KEY_LIFETIME, OperationStore
from malapert_core.rpc.call_key import set_call_key
from malapert_core.timestamps import utc_now
from malapert_testing.services import identity_of
from sample_service.factory import MIGRATIONS
from sample_service.tables import NoteRow
from sqlmodel import select

JAXA = identity_of("jaxa")
LEASE_S = 0.6


@asynccontextmanager
async def migrated(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    await run_migrations(database, MIGRATIONS)
    yield database
    await database.close()


@asynccontextmanager
async def running(database: Database, handler: OperationHandler) -> AsyncIterator[OperationRunner]:
    runner = OperationRunner(database, service_name="test", cancel_grace_s=0.05, lease_s=LEASE_S)
    runner.register("work", handler)
    await runner.start()
    yield runner
    await runner.stop()


async def ended(runner: OperationRunner, operation_id: str) -> Operation:
    async with asyncio.timeout(20):
        return [operation async for operation in runner.watch(operation_id)][-1]


async def freeze(runner: OperationRunner) -> None:
    """Leave a process as one that the machine stopped: it holds on to nothing and begins nothing."""
    own = [task for task in (runner._keeper, runner._dispatcher) if task is not None]
    for task in own:
        task.cancel()
    await asyncio.gather(*own, return_exceptions=True)


@pytest.mark.asyncio
async def test_what_one_process_has_in_hand_no_other_takes(database_url: str) -> None:
    begun: list[str] = []
    proceed = asyncio.Event()

    async def work(context: OperationContext) -> str:
        begun.append(context.operation_id)
        await proceed.wait()
        return "done"

    async with (
        migrated(database_url) as database,
        running(database, work) as one,
        running(database, work) as other,
    ):
        wanted = [await runner.submit(None, "work", b"", JAXA) for runner in (one, other)]
        await asyncio.sleep(3 * LEASE_S)
        assert sorted(begun) == sorted(wanted)
        proceed.set()
        for operation_id in wanted:
            operation = await ended(other, operation_id)
            assert (operation.state, operation.attempt) == (OperationState.SUCCEEDED, 1)


@pytest.mark.asyncio
async def test_another_process_is_asked_to_stop_through_the_database(database_url: str) -> None:
    begun = asyncio.Event()

    async def work(context: OperationContext) -> str:
        begun.set()
        await asyncio.sleep(60)
        return "never"

    async def nothing(context: OperationContext) -> str:
        raise AssertionError(context.operation_id)

    async with migrated(database_url) as database, running(database, work) as one:
        operation_id = await one.submit(None, "work", b"", JAXA)
        await begun.wait()
        async with running(database, nothing) as other:
            await other.cancel(operation_id)
            assert (await ended(other, operation_id)).state is OperationState.CANCELLED


@pytest.mark.asyncio
async def test_a_process_that_stood_still_writes_nothing_of_what_was_taken(database_url: str) -> None:
    attempts: list[int] = []
    stale = asyncio.Event()

    async def stands_still(context: OperationContext) -> None:
        stale.set()
        try:
            await asyncio.sleep(60)
        finally:
            async with context.finish("stale") as session:
                session.add(NoteRow(note_id="stale", content={}, created_time=utc_now()))

    async def work(context: OperationContext) -> str:
        attempts.append(context.operation.attempt)
        return "fresh"

    async with migrated(database_url) as database, running(database, stands_still) as one:
        operation_id = await one.submit(None, "work", b"", JAXA)
        await stale.wait()
        await freeze(one)
        async with running(database, work) as other:
            operation = await ended(other, operation_id)
            # On a loaded machine the second process may itself have been taken for dead on the way.
            assert (operation.result_id, operation.attempt) == ("fresh", attempts[-1])
            assert attempts[-1] >= 2
            one._cancel_task(operation_id)
            await asyncio.sleep(0.2)
            assert await one.get(operation_id) == await other.get(operation_id)
        async with database.reading() as session:
            assert (await session.exec(select(NoteRow))).all() == []


@pytest.mark.asyncio
async def test_what_was_taken_from_a_process_is_not_begun_there_beside_its_old_run(database_url: str) -> None:
    at_work: list[int] = []
    most_at_work = 0
    begun, proceed = asyncio.Event(), asyncio.Event()

    async def work(context: OperationContext) -> str:
        nonlocal most_at_work
        at_work.append(context.operation.attempt)
        most_at_work = max(most_at_work, len(at_work))
        begun.set()
        try:
            await proceed.wait()
        finally:
            at_work.remove(context.operation.attempt)
        return "done"

    async with migrated(database_url) as database, running(database, work) as one:
        operation_id = await one.submit(None, "work", b"", JAXA)
        await begun.wait()
        async with database.transaction() as session:
            store = OperationStore(session)
            await store.give_back(await store.get(operation_id), 1)  # as by another process
        one._wake.set()
        await asyncio.sleep(3 * LEASE_S)
        proceed.set()
        operation = await ended(one, operation_id)
        assert (operation.state, operation.result_id) == (OperationState.SUCCEEDED, "done")
        assert most_at_work == 1


@pytest.mark.asyncio
async def test_a_database_that_was_away_costs_no_attempt_and_fails_nothing(database_url: str) -> None:
    outages = 4
    tries: list[int] = []

    async def work(context: OperationContext) -> str:
        tries.append(context.operation.attempt)
        if len(tries) <= outages:
            raise DatabaseAwayError("DATABASE_UNAVAILABLE", "the service's database cannot be reached")
        return "done"

    async with migrated(database_url) as database, running(database, work) as runner:
        operation = await ended(runner, await runner.submit(None, "work", b"", JAXA))
        assert (operation.state, operation.result_id) == (OperationState.SUCCEEDED, "done")
        assert tries == [1] * (outages + 1)


@pytest.mark.asyncio
async def test_a_call_that_comes_again_is_given_the_operation_that_it_began(database_url: str) -> None:
    async def work(context: OperationContext) -> str:
        return "done"

    async with migrated(database_url) as database, running(database, work) as runner:
        set_call_key("one call")
        first = await runner.submit(None, "work", b"a", JAXA)
        await ended(runner, first)
        assert await runner.submit(None, "work", b"a", JAXA) == first
        assert await runner.submit(None, "work", b"a", identity_of("esa")) != first
        async with database.transaction() as session:
            row = await session.get(OperationRow, first)
            assert row is not None
            row.created_time -= CALL_KEY_LIFETIME
        later = await runner.submit(None, "work", b"a", JAXA)
        assert later != first
        assert await runner.submit(None, "work", b"a", JAXA) == later
        set_call_key("another call")
        assert await runner.submit(None, "work", b"a", JAXA) != first
        set_call_key("")
        assert len({await runner.submit(None, "work", b"a", JAXA) for _ in range(2)}) == 2


@pytest.mark.asyncio
async def test_a_lease_of_an_earlier_version_is_nobodys(database_url: str) -> None:
    async def work(context: OperationContext) -> str:
        return "done"

    async with migrated(database_url) as database:
        async with database.transaction() as session:
            operation_id = OperationStore(session).add("work", b"", JAXA)
            await session.flush()
            row = await session.get(OperationRow, operation_id)
            assert row is not None
            row.state, row.attempt = OperationState.RUNNING, 1
        async with running(database, work) as runner:
            assert (await ended(runner, operation_id)).attempt == 2


@pytest.mark.asyncio
async def test_a_process_holds_on_after_a_look_at_what_it_may_have_lost_failed(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    proceed, looked = asyncio.Event(), asyncio.Event()
    renew, look = OperationStore.renew, OperationStore.get

    async def nothing_held(*_: object) -> dict[str, bool]:
        monkeypatch.setattr(OperationStore, "renew", renew)
        return {}

    async def away(*_: object) -> Operation:
        monkeypatch.setattr(OperationStore, "get", look)
        looked.set()
        raise DatabaseAwayError("DATABASE_UNAVAILABLE", "away")

    async def work(_: OperationContext) -> str:
        await proceed.wait()
        return "done"

    async with (
        migrated(database_url) as database,
        running(database, work) as one,
        running(database, work) as other,
    ):
        operation_id = await one.submit(None, "work", b"", JAXA)
        while not one._contexts and not other._contexts:
            await asyncio.sleep(0.01)
        monkeypatch.setattr(OperationStore, "get", away)
        monkeypatch.setattr(OperationStore, "renew", nothing_held)
        await looked.wait()
        await asyncio.sleep(3 * LEASE_S)
        proceed.set()
        operation = await ended(one, operation_id)
        assert (operation.state, operation.attempt) == (OperationState.SUCCEEDED, 1)
