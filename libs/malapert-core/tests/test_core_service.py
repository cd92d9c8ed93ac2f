"""The life of a service, with a real broker, both databases and real gRPC."""

import pytest
from malapert.operation.v1 import operation_pb2, operation_pb2_grpc
from malapert_core.errors import NotFoundError
from malapert_core.policy.identity import Role
from malapert_core.service import RunningService
from malapert_testing.schema import schema_drift
from malapert_testing.services import ServiceLauncher, identity_of, open_test_channel
from sample_service.factory import MIGRATIONS, SampleSettings, build
from sample_service.tables import NoteRow, SampleTable

OPERATIONS = "malapert.operation.v1.OperationService"


@pytest.mark.asyncio
async def test_migrations_and_tables_agree(database_url: str) -> None:
    assert await schema_drift(database_url, MIGRATIONS, SampleTable.metadata) == []


@pytest.mark.asyncio
async def test_an_operation_is_done_and_announced(service_runtime: ServiceLauncher) -> None:
    jaxa = identity_of("jaxa")
    async with service_runtime.run(SampleSettings, build, MIGRATIONS) as service:
        operation_id = await service.runtime.operations.submit(None, "write_note", b"hello", jaxa)
        async with open_test_channel(service.target, jaxa, [OPERATIONS]) as channel:
            stub = operation_pb2_grpc.OperationServiceStub(channel)
            watching = stub.WatchOperation(operation_pb2.WatchOperationRequest(operation_id=operation_id))
            states = [response.operation async for response in watching]
        assert states[-1].state == operation_pb2.OPERATION_STATE_SUCCEEDED
        assert states[-1].result_id == f"note-{operation_id}"
        assert [stage.fraction for stage in states[-1].stages] == [1.0]
        copy = await _eventually_note(service, f"copy-note-{operation_id}")
        assert copy.content == {"copy_of": f"note-{operation_id}", "agency": "jaxa"}


@pytest.mark.asyncio
async def test_operations_are_seen_by_their_owner_alone(sqlite_service_runtime: ServiceLauncher) -> None:
    async with sqlite_service_runtime.run(SampleSettings, build, MIGRATIONS) as service:
        operation_id = await service.runtime.operations.submit(None, "write_note", b"x", identity_of("jaxa"))
        request = operation_pb2.GetOperationRequest(operation_id=operation_id)
        for role in (Role.PLANNER, Role.OPERATOR):
            async with open_test_channel(service.target, identity_of("isro", role)) as channel:
                stub = operation_pb2_grpc.OperationServiceStub(channel)
                with pytest.raises(NotFoundError) as caught:
                    await stub.GetOperation(request)
                assert caught.value.reason == "UNKNOWN_OPERATION"
                listed = await stub.ListOperations(operation_pb2.ListOperationsRequest())
                assert list(listed.operations) == []
        async with open_test_channel(service.target, identity_of("jaxa", Role.VIEWER)) as channel:
            found = await operation_pb2_grpc.OperationServiceStub(channel).GetOperation(request)
            assert found.operation.owner_agency_id == "jaxa"
            stub = operation_pb2_grpc.OperationServiceStub(channel)
            for wanted in (
                operation_pb2.ListOperationsRequest(kinds=["write_note"]),
                operation_pb2.ListOperationsRequest(states=operation_pb2.OperationState.values()[1:]),
            ):
                assert [each.operation_id for each in (await stub.ListOperations(wanted)).operations] == [operation_id]
            for unwanted in (
                operation_pb2.ListOperationsRequest(kinds=["read_note"]),
                operation_pb2.ListOperationsRequest(states=[operation_pb2.OPERATION_STATE_CANCELLED]),
            ):
                assert not (await stub.ListOperations(unwanted)).operations


async def _eventually_note(service: RunningService[SampleSettings], note_id: str) -> NoteRow:
    import asyncio

    async with asyncio.timeout(10):
        while True:
            async with service.runtime.database.reading() as session:
                row = await session.get(NoteRow, note_id)
            if row is not None:
                return row
            await asyncio.sleep(0.02)
