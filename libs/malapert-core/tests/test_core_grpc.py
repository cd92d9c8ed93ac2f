"""Calls between services over real gRPC: identity, deadlines, errors with their faults, all four shapes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status
from malapert.landing_site.v1 import terrain_pb2, terrain_pb2_grpc
from malapert.operation.v1 import operation_pb2, operation_pb2_grpc
from malapert_core.errors import (
    ErrorCategory,
    Fault,
    InternalError,
    InvalidInputError,
    MalapertError,
    UnauthenticatedError,
    UnavailableError,
    restored_error,
)
from malapert_core.policy.calls import CALLS, PLANNERS, Call
from malapert_core.policy.identity import Identity, acting_as, require_identity
from malapert_core.rpc import deadlines
from malapert_core.rpc.server import CallInterceptor, GrpcServer, Registration
from malapert_core.rpc.status import error_from_rpc
from malapert_core.telemetry import Telemetry
from malapert_testing.identities import service_tokens
from malapert_testing.services import identity_of, open_test_channel

OPERATION_SERVICE = "malapert.operation.v1.OperationService"
TERRAIN_SERVICE = "malapert.landing_site.v1.TerrainService"
ECHO = "/malapert.test.Echo/Echo"
GET = operation_pb2.GetOperationRequest(operation_id="o")
WATCH = operation_pb2.WatchOperationRequest(operation_id="o")
Reaction = Callable[[], Awaitable[str]]


class Reacting(operation_pb2_grpc.OperationServiceServicer, terrain_pb2_grpc.TerrainServiceServicer):
    """Answers every call with what its reaction returns or raises."""

    def __init__(self, react: Reaction) -> None:
        self._react = react

    async def GetOperation(self, request: Any, context: Any) -> Any:  # noqa: N802
        kind = await self._react()
        return operation_pb2.GetOperationResponse(operation=operation_pb2.Operation(kind=kind))

    async def WatchOperation(self, request: Any, context: Any) -> AsyncIterator[Any]:  # noqa: N802
        yield operation_pb2.WatchOperationResponse(operation=operation_pb2.Operation(kind="first"))
        kind = await self._react()
        yield operation_pb2.WatchOperationResponse(operation=operation_pb2.Operation(kind=kind))

    async def RegisterTerrain(self, request_iterator: Any, context: Any) -> Any:  # noqa: N802
        size = sum([len(part.chunk) async for part in request_iterator])
        terrain = terrain_pb2.Terrain(title=await self._react(), width_px=size)
        return terrain_pb2.RegisterTerrainResponse(terrain=terrain)


class EchoHandlers(grpc.GenericRpcHandler):
    """A stream-stream method, which the contracts have none of."""

    def __init__(self, react: Reaction) -> None:
        self._react = react

    def service(self, handler_call_details: Any) -> Any:
        if handler_call_details.method != ECHO:
            return None

        async def echo(requests: Any, context: Any) -> AsyncIterator[bytes]:
            async for request in requests:
                yield request
            yield (await self._react()).encode()

        return grpc.stream_stream_rpc_method_handler(echo)


@asynccontextmanager
async def serving(react: Reaction) -> AsyncIterator[str]:
    telemetry = Telemetry("test")
    handlers = Reacting(react)
    server = GrpcServer(
        [
            Registration(OPERATION_SERVICE, operation_pb2_grpc.add_OperationServiceServicer_to_server, handlers),
            Registration(TERRAIN_SERVICE, terrain_pb2_grpc.add_TerrainServiceServicer_to_server, handlers),
            Registration(
                "malapert.test.Echo", lambda echo, at: at.add_generic_rpc_handlers((echo,)), EchoHandlers(react)
            ),
        ],
        interceptors=[
            telemetry.server_interceptor(),
            CallInterceptor(service_tokens("sample"), "test", calls=CALLS | {ECHO: Call(PLANNERS)}),
        ],
    )
    await server.start()
    try:
        yield f"127.0.0.1:{server.port}"
    finally:
        await server.stop(0.5)
        telemetry.close()


@asynccontextmanager
async def calling(react: Reaction, caller: Identity | None = None) -> AsyncIterator[grpc.aio.Channel]:
    async with (
        serving(react) as target,
        open_test_channel(
            target, caller or identity_of("jaxa"), [OPERATION_SERVICE, TERRAIN_SERVICE], service_name="sample"
        ) as channel,
    ):
        yield channel


async def agency() -> str:
    return require_identity().agency_id


def raising(error: Exception) -> Reaction:
    async def react() -> str:
        raise error

    return react


async def pieces() -> AsyncIterator[terrain_pb2.RegisterTerrainRequest]:
    for _ in range(3):
        yield terrain_pb2.RegisterTerrainRequest(chunk=b"x" * 1000)


async def call_unary_unary(channel: grpc.aio.Channel) -> str:
    response = await operation_pb2_grpc.OperationServiceStub(channel).GetOperation(GET)
    return response.operation.kind


async def call_unary_stream(channel: grpc.aio.Channel) -> str:
    responses = operation_pb2_grpc.OperationServiceStub(channel).WatchOperation(WATCH)
    return [response.operation.kind async for response in responses][-1]


async def call_stream_unary(channel: grpc.aio.Channel) -> str:
    response = await terrain_pb2_grpc.TerrainServiceStub(channel).RegisterTerrain(pieces())
    assert response.terrain.width_px == 3000
    return response.terrain.title


def _as_it_is(message: bytes) -> bytes:
    return message


async def call_stream_stream(channel: grpc.aio.Channel) -> str:
    async def words() -> AsyncIterator[bytes]:
        yield b"one"
        yield b"two"

    answers = [answer async for answer in channel.stream_stream(ECHO, _as_it_is, _as_it_is)(words())]
    assert answers[:2] == [b"one", b"two"]
    return answers[-1].decode()


SHAPES = pytest.mark.parametrize("call", [call_unary_unary, call_unary_stream, call_stream_unary, call_stream_stream])


@SHAPES
@pytest.mark.asyncio
async def test_every_shape_of_call_carries_its_caller(call: Callable[[grpc.aio.Channel], Awaitable[str]]) -> None:
    async with calling(agency) as channel:
        assert await call(channel) == "jaxa"
        with acting_as(identity_of("isro")):
            assert await call(channel) == "isro"


@SHAPES
@pytest.mark.asyncio
async def test_every_shape_of_call_raises_the_error_whole(
    call: Callable[[grpc.aio.Channel], Awaitable[str]],
) -> None:
    faults = [Fault(f"requests[{n}].place_ids[0]", "UNKNOWN_PLACE", "use one of A, B, C") for n in range(400)]
    error = InvalidInputError("INVALID_MISSION", "400 faults: ü", metadata={"mission_id": "m"}, faults=faults)
    async with calling(raising(error)) as channel:
        with pytest.raises(InvalidInputError) as caught:
            await call(channel)
    assert caught.value.reason == "INVALID_MISSION"
    assert caught.value.message == "400 faults: ü; the first 100 of 400 faults are told"
    assert caught.value.metadata == {"mission_id": "m", "fault_count": "400"}
    assert caught.value.faults == tuple(faults[:100])


@pytest.mark.parametrize("category", [each for each in ErrorCategory if each is not ErrorCategory.UNAVAILABLE])
@pytest.mark.asyncio
async def test_every_category_crosses_two_services(category: ErrorCategory) -> None:
    error = restored_error(category, "A_REASON", "what happened", {"k": "v"}, [Fault("a", "B", "c")])
    async with calling(raising(error)) as inner:

        async def forward() -> str:
            return await call_unary_unary(inner)

        async with calling(forward) as outer:
            with pytest.raises(MalapertError) as caught:
                await call_unary_unary(outer)
    assert type(caught.value) is type(error)
    assert (caught.value.reason, caught.value.metadata, caught.value.faults) == ("A_REASON", {"k": "v"}, error.faults)


@pytest.mark.asyncio
async def test_the_status_on_the_wire_is_the_standard_one() -> None:
    error = UnavailableError("NO_SOLVER", "try later", faults=[Fault("a.b", "CODE", "text")])
    async with serving(raising(error)) as target, grpc.aio.insecure_channel(target) as channel:
        token = service_tokens("gateway").sign(identity_of("jaxa"), "sample")
        stub = operation_pb2_grpc.OperationServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.GetOperation(GET, metadata=(("authorization", f"Bearer {token}"),))
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    refused: Any = caught.value
    status = rpc_status.from_call(refused)
    details = [_unpacked(detail) for detail in status.details]
    assert details[0] == error_details_pb2.ErrorInfo(reason="NO_SOLVER", domain="malapert")
    violation = details[1].field_violations[0]
    assert (violation.field, violation.reason, violation.description) == ("a.b", "CODE", "text")
    assert details[2].retry_delay.seconds == 1


def _unpacked(detail: AnyMessage) -> Any:
    kinds = (error_details_pb2.ErrorInfo, error_details_pb2.BadRequest, error_details_pb2.RetryInfo)
    message = next(kind() for kind in kinds if detail.Is(kind.DESCRIPTOR))
    detail.Unpack(message)
    return message


@SHAPES
@pytest.mark.asyncio
async def test_an_unexpected_error_leaks_nothing(call: Callable[[grpc.aio.Channel], Awaitable[str]]) -> None:
    async with calling(raising(RuntimeError("password=hunter2"))) as channel:
        with pytest.raises(InternalError) as caught:
            await call(channel)
    assert caught.value.reason == "INTERNAL"
    assert "hunter2" not in repr(caught.value) + str(caught.value.metadata)


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [((), "NO_IDENTITY"), ((("authorization", "Bearer forged"),), "INVALID_IDENTITY")],
)
@pytest.mark.asyncio
async def test_a_call_without_proof_is_refused(metadata: Any, reason: str) -> None:
    async with serving(agency) as target, grpc.aio.insecure_channel(target) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await operation_pb2_grpc.OperationServiceStub(channel).GetOperation(GET, metadata=metadata)
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
    error = error_from_rpc(caught.value)
    assert isinstance(error, UnauthenticatedError)
    assert error.reason == reason


@pytest.mark.asyncio
async def test_health_is_open_to_all() -> None:
    async with serving(agency) as target, grpc.aio.insecure_channel(target) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        for service in ("", OPERATION_SERVICE):
            answer = await stub.Check(health_pb2.HealthCheckRequest(service=service))
            assert answer.status == health_pb2.HealthCheckResponse.SERVING


@pytest.mark.asyncio
async def test_a_call_made_for_a_call_has_only_what_remains() -> None:
    seen: list[float | None] = []

    async def note_remaining() -> str:
        seen.append(deadlines.bounded_timeout(None))
        return ""

    async with calling(note_remaining) as inner:

        async def forward() -> str:
            return await call_unary_unary(inner)

        async with calling(forward) as outer:
            await operation_pb2_grpc.OperationServiceStub(outer).GetOperation(GET, timeout=3.0)
    assert seen[0] is not None
    # Far less than the 20 s that the inner channel would give; the wire rounds it up a little.
    assert 0 < seen[0] < 3.5


@pytest.mark.asyncio
async def test_a_late_call_is_told_so() -> None:
    async def never() -> str:
        await asyncio.Event().wait()
        return ""

    async with calling(never) as channel:
        with pytest.raises(UnavailableError) as caught:
            await operation_pb2_grpc.OperationServiceStub(channel).GetOperation(GET, timeout=0.05)
    assert caught.value.reason == "DEADLINE_EXCEEDED"


@pytest.mark.asyncio
async def test_only_idempotent_calls_are_tried_again() -> None:
    tries = 0

    async def third_time_lucky() -> str:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise UnavailableError("NOT_YET", "try again")
        return "done"

    async with calling(third_time_lucky) as channel:
        assert await call_unary_unary(channel) == "done"
        tries = 0
        with pytest.raises(UnavailableError) as caught:
            await call_stream_unary(channel)
        assert (caught.value.reason, tries) == ("NOT_YET", 1)


@pytest.mark.asyncio
async def test_a_service_that_is_not_there_is_unavailable() -> None:
    async with open_test_channel("127.0.0.1:1", identity_of("jaxa"), service_name="sample") as channel:
        with pytest.raises(UnavailableError) as caught:
            await call_unary_unary(channel)
    assert caught.value.reason == "SERVICE_UNAVAILABLE"
