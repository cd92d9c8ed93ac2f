"""Long work is done in the name and within the missions of who began it, also after a restart."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from alembic import command
from malapert.operation.v1 import operation_pb2, operation_pb2_grpc
from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database
from malapert_core.db.migrations import alembic_config, run_migrations
from malapert_core.db.tables import AuditEntryRow
from malapert_core.errors import NotFoundError
from malapert_core.operations.operations import OperationContext, OperationHandler, OperationRunner, OperationState
from malapert_core.operations.store import OperationStore
from malapert_core.policy.charter import Charter, Membership, Part
from malapert_core.policy.charters import enter
from malapert_core.policy.identity import (
    Identity,
    Role,
    identity_of_stored,
    require_identity,
    stored_identity,
)
from malapert_testing.charters import CharterBook
from malapert_testing.identities import service_tokens
from malapert_testing.services import ServiceLauncher, open_test_channel
from sample_service.factory import MIGRATIONS, SampleSettings, build
from sqlmodel import select

LIMITED = Identity("jaxa", Role.PLANNER, "5f0c", "person:aiko", frozenset({"mission-a"}), "planner")


MEMBER = Membership("jaxa", frozenset({Part.PLANNER}), datetime(2020, 1, 1, tzinfo=UTC))
BOTH = CharterBook({name: Charter(name, 1, (MEMBER,)) for name in ("mission-a", "mission-b")}, only_these=True)
"""Two missions in each of which the agency is a planner."""


async def restarted(database: Database, runner: OperationRunner) -> OperationRunner:
    await runner.stop()
    again = OperationRunner(database, service_name="test")
    again.register("work", enter_both())
    await again.start()
    return again


def enter_both() -> OperationHandler:
    """Return work that looks for both missions and records a change in its own name."""

    async def work(context: OperationContext) -> None:
        found = []
        for mission_id in ("mission-a", "mission-b"):
            with suppress(NotFoundError):
                await enter(BOTH, require_identity(), mission_id, Part.PLANNER)
                found.append(mission_id)
        async with context.finish(",".join(found)) as session:
            AuditTrail("test").record(
                session, "note.written", entity_kind="note", entity_id="n", mission_id="mission-a"
            )

    return work


@pytest.mark.asyncio
async def test_work_goes_on_after_a_restart_within_the_missions_of_its_key(database_url: str) -> None:
    database = Database(database_url)
    await run_migrations(database, MIGRATIONS)
    begun = asyncio.Event()

    async def interrupted(context: OperationContext) -> None:
        assert require_identity() == LIMITED
        begun.set()
        await context.cancelled.wait()

    runner = OperationRunner(database, service_name="test")
    runner.register("work", interrupted)
    await runner.start()
    operation_id = await runner.submit(None, "work", b"", LIMITED, "mission-a")
    await asyncio.wait_for(begun.wait(), 10)
    runner = await restarted(database, runner)
    async with asyncio.timeout(10):
        operation = [each async for each in runner.watch(operation_id)][-1]
    assert (operation.state, operation.result_id) == (OperationState.SUCCEEDED, "mission-a")
    assert (operation.owner, operation.mission_id) == (LIMITED, "mission-a")
    async with database.reading() as session:
        (entry,) = (await session.exec(select(AuditEntryRow))).all()
    assert (entry.principal_id, entry.key_id, entry.via_service) == ("person:aiko", "5f0c", "planner")
    assert service_tokens("sample").verify(service_tokens("planner").sign(operation.owner, "sample")) == LIMITED
    await runner.stop()
    await database.close()


@pytest.mark.asyncio
async def test_a_cancellation_is_in_the_audit_with_the_mission_and_who_asked(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    await run_migrations(database, MIGRATIONS)
    runner = OperationRunner(database, service_name="test")
    runner.register("work", enter_both())
    operation_id = await runner.submit(None, "work", b"", LIMITED, "mission-a")
    for _ in range(2):
        assert (await runner.cancel(operation_id)).state is OperationState.CANCELLED
    async with database.reading() as session:
        (entry,) = (await session.exec(select(AuditEntryRow))).all()
    assert (entry.action, entry.entity_kind, entry.entity_id) == ("operation.cancelled", "operation", operation_id)
    assert entry.mission_id == "mission-a"
    await database.close()


@pytest.mark.asyncio
async def test_a_key_for_some_missions_sees_and_cancels_their_operations_alone(
    sqlite_service_runtime: ServiceLauncher,
) -> None:
    everywhere = Identity("jaxa", Role.PLANNER, "k2", "person:ben")
    async with sqlite_service_runtime.run(SampleSettings, build, MIGRATIONS) as service:
        submit = service.runtime.operations.submit
        ids = {name: await submit(None, "write_note", b"x", everywhere, name) for name in ("mission-a", "mission-b")}
        ids["none"] = await submit(None, "write_note", b"x", everywhere)
        async with open_test_channel(service.target, replace(LIMITED, via_service="")) as channel:
            stub = operation_pb2_grpc.OperationServiceStub(channel)
            listed = (await stub.ListOperations(operation_pb2.ListOperationsRequest())).operations
            assert {each.operation_id for each in listed} == {ids["mission-a"], ids["none"]}
            assert {each.principal_id for each in listed} == {"person:ben"}
            assert {each.mission_id for each in listed} == {"mission-a", ""}
            for call, request in (
                (stub.GetOperation, operation_pb2.GetOperationRequest),
                (stub.CancelOperation, operation_pb2.CancelOperationRequest),
            ):
                for unknown in (ids["mission-b"], "nowhere"):
                    with pytest.raises(NotFoundError) as caught:
                        await call(request(operation_id=unknown))
                    assert caught.value.reason == "UNKNOWN_OPERATION"


@pytest.mark.asyncio
async def test_operations_of_before_are_their_key_holders(database_url: str) -> None:
    row = (
        "INSERT INTO operation (operation_id, kind, state, owner_agency_id, owner_role, owner_key_id, request, stages, "
        "result_id, error_reason, error_message, faults, attempt, cancel_requested, created_time, updated_time) VALUES "
        "(:operation_id, 'work', 'QUEUED', 'jaxa', :role, '5f0c', :request, '[]', '', '', '', '[]', 0, false, "
        "'2026-11-22 12:00:00+00:00', '2026-11-22 12:00:00+00:00')"
    )
    database = Database(database_url)
    async with database.engine.begin() as connection:
        await connection.run_sync(_upgrade, "0002")
        for role in ("planner", "service"):
            await connection.execute(sa.text(row), {"operation_id": role, "role": role, "request": b""})
    await run_migrations(database, MIGRATIONS)
    async with database.reading() as session:
        owners = [(await OperationStore(session).get(each)).owner for each in ("planner", "service")]
    assert owners == [
        Identity("jaxa", Role.PLANNER, "5f0c", "key:5f0c"),
        Identity("jaxa", Role.SERVICE, "5f0c"),
    ]
    await database.close()


def test_what_is_kept_of_a_principal_gives_the_same_principal() -> None:
    for identity in (replace(LIMITED, via_service=""), replace(LIMITED, mission_ids=frozenset(), via_service="")):
        assert identity_of_stored(stored_identity(identity)) == identity
    assert identity_of_stored(("jaxa", "planner", "5f0c")) == Identity("jaxa", Role.PLANNER, "5f0c")


def _upgrade(connection: sa.Connection, revision: str) -> None:
    config = alembic_config(MIGRATIONS)
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
