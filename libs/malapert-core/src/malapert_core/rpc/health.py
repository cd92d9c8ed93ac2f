"""Health of a service: whether it lives, whether it is ready, which of its parts is not, and what time it has.

The services of grpc.health.v1: the empty name and each gRPC service are ready or not; `LIVENESS` serves as long as the
process does; the name of a part, such as ``database``, says whether that is there.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import grpc
import structlog
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

log = structlog.get_logger(__name__)

TIMEOUT_S = 3.0
LIVENESS = "liveness"
DATABASE, BROKER = "database", "broker"
PARTS = (DATABASE, BROKER)
TIME_HEADER = "malapert-time-s"
"""Initial metadata of an answer of health: the service's own time, Unix seconds."""
WATCH_INTERVAL_S = 2.0

Status = health_pb2.HealthCheckResponse


class ServiceHealth(health.aio.HealthServicer):  # type: ignore[misc,name-defined]
    """Health of one service.

    Parameters
    ----------
    names : sequence of str
        Its gRPC services.
    """

    def __init__(self, names: list[str]) -> None:
        super().__init__()
        self._names = ["", *names]
        self._parts: dict[str, bool] = {}
        self._is_open = False

    async def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Answer with the service's own time beside its health."""
        await context.send_initial_metadata(((TIME_HEADER, f"{time.time():.3f}"),))
        return await super().Check(request, context)

    async def begin(self) -> None:
        """State that the process lives and does not serve yet."""
        await self.set(LIVENESS, Status.SERVING)
        await self._say()

    async def say_open(self, is_open: bool) -> None:
        """State whether calls are taken."""
        self._is_open = is_open
        await self._say()

    async def say_parts(self, parts: Mapping[str, bool]) -> None:
        """State which parts that the service stands on are there; it is ready with all of them."""
        if parts != self._parts:
            log.info("readiness changed", **parts)
        self._parts = dict(parts)
        for name, is_there in parts.items():
            await self.set(name, _status(is_there))
        await self._say()

    async def _say(self) -> None:
        for name in self._names:
            await self.set(name, _status(self._is_open and all(self._parts.values())))


def _status(serves: bool) -> Any:
    return Status.SERVING if serves else Status.NOT_SERVING


async def watch_parts(service_health: ServiceHealth, checks: Mapping[str, Callable[[], Awaitable[bool]]]) -> None:
    """Ask parts now and again and state which are there, until cancelled; what does not answer in time is not."""
    while True:
        found = await asyncio.gather(*(_answers(check) for check in checks.values()))
        await service_health.say_parts(dict(zip(checks, found, strict=True)))
        await asyncio.sleep(WATCH_INTERVAL_S)


async def _answers(check: Callable[[], Awaitable[bool]]) -> bool:
    try:
        async with asyncio.timeout(TIMEOUT_S):
            return await check()
    except Exception:
        return False


async def answers_serving(target: str, service: str = "") -> bool:
    """Return whether the service at a target answers SERVING within three seconds; see the module for names."""
    async with grpc.aio.insecure_channel(target) as channel:
        request = health_pb2.HealthCheckRequest(service=service)
        try:
            answer = await health_pb2_grpc.HealthStub(channel).Check(request, timeout=TIMEOUT_S)
        except grpc.aio.AioRpcError:
            return False
    return bool(answer.status == Status.SERVING)
