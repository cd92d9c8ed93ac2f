"""Work in the making goes on when a neighbour is away; a caller that waits for an answer is told at once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from malapert.operation.v1 import operation_pb2, operation_pb2_grpc
from malapert_core.errors import OperationCancelledError, UnavailableError
from malapert_core.operations.operations import OperationContext, OperationRunner, OperationState
from malapert_core.rpc.patience import Outage, Patience, set_patience
from malapert_testing.nats_server import free_port
from malapert_testing.services import ServiceLauncher, identity_of, open_test_channel
from sample_service.factory import MIGRATIONS, SampleSettings, build
from test_core_leases import migrated

JAXA = identity_of("jaxa")
OPERATIONS = "malapert.operation.v1.OperationService"
Ask = Callable[[Any], Awaitable[object]]


def listing(stub: Any) -> Awaitable[object]:
    answer: Awaitable[object] = stub.ListOperations(operation_pb2.ListOperationsRequest())
    return answer


def cancelling(stub: Any) -> Awaitable[object]:
    """Call what gRPC itself does not try again, for it changes something."""
    answer: Awaitable[object] = stub.CancelOperation(operation_pb2.CancelOperationRequest(operation_id="none"))
    return answer


def details(operation: Any) -> str:
    return operation.stages[-1].detail if operation.stages else ""


@pytest.mark.asyncio
@pytest.mark.parametrize("ask", [listing, cancelling])
async def test_an_operation_waits_for_a_neighbour_and_says_so(
    sqlite_service_runtime: ServiceLauncher, sqlite_url: str, ask: Ask
) -> None:
    port = free_port()

    async def work(context: OperationContext) -> str:
        context.stage("ask", "Asking a neighbour")
        context.progress(0.5, "half")
        async with open_test_channel(f"127.0.0.1:{port}", JAXA, [OPERATIONS], service_name="sample") as channel:
            try:
                await ask(operation_pb2_grpc.OperationServiceStub(channel))
            except UnavailableError:
                raise
            except Exception as error:
                return type(error).__name__
        return "answered"

    async with migrated(sqlite_url.replace("service.db", "own.db")) as database:
        runner = OperationRunner(database, service_name="test", patience_s=60)
        runner.register("work", work)
        await runner.start()
        operation_id = await runner.submit(None, "work", b"", JAXA)
        async with asyncio.timeout(30):
            async for operation in runner.watch(operation_id):
                if "waiting for sample, away for" in details(operation):
                    break
        assert operation.stages[-1].fraction == 0.5
        async with (
            sqlite_service_runtime.run(SampleSettings, build, MIGRATIONS, grpc_port=port),
            asyncio.timeout(30),
        ):
            last = [operation async for operation in runner.watch(operation_id)][-1]
        assert (last.state, last.attempt) == (OperationState.SUCCEEDED, 1)
        assert last.result_id in ("answered", "NotFoundError")
        assert details(last) == "half"
        await runner.stop()


@pytest.mark.asyncio
async def test_patience_has_a_bound_and_ends_with_a_cancellation() -> None:
    told: list[str] = []
    cancelled = asyncio.Event()
    async with open_test_channel(f"127.0.0.1:{free_port()}", JAXA, service_name="sample") as channel:
        stub: Any = operation_pb2_grpc.OperationServiceStub(channel)
        with pytest.raises(UnavailableError):
            await cancelling(stub)
        set_patience(Patience(0.5, told.append, cancelled))
        with pytest.raises(UnavailableError, match=r"sample was away for .* longer than the 0.5 s") as caught:
            await cancelling(stub)
        assert caught.value.reason == "SERVICE_UNAVAILABLE"
        assert told
        set_patience(Patience(600, told.append, cancelled))
        asyncio.get_running_loop().call_later(0.6, cancelled.set)
        async with asyncio.timeout(10):
            with pytest.raises(OperationCancelledError):
                await cancelling(stub)
        set_patience(None)


@pytest.mark.asyncio
async def test_what_does_not_pass_is_not_waited_for() -> None:
    patience = Patience(600, lambda _detail: None, asyncio.Event())
    for reason in ("DISK_FULL", "TERRAIN_FILE_MISSING"):
        with pytest.raises(UnavailableError, match=reason):
            await patience.outage("landing-site").wait(UnavailableError(reason, "it stays so"))


async def wait_for_ever(outage: Outage, error: UnavailableError) -> None:
    async with asyncio.timeout(10):
        while True:
            await outage.wait(error)


@pytest.mark.asyncio
async def test_a_neighbour_that_answers_too_slowly_is_not_said_to_be_away() -> None:
    told: list[str] = []
    outage = Patience(0.3, told.append, asyncio.Event()).outage("landing-site")
    slow = UnavailableError("DEADLINE_EXCEEDED", "the call took longer than 30 s")
    with pytest.raises(UnavailableError, match=r"landing-site did not answer in time for .* longer than the 0.3 s"):
        await wait_for_ever(outage, slow)
    assert told[0].startswith("waiting for landing-site, slow to answer for 0 s (DEADLINE_EXCEEDED)")
