"""Health tells whether a service lives, whether it is ready, and what it lacks."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from malapert_core.rpc.health import LIVENESS, answers_serving
from malapert_testing.nats_server import NatsServer
from malapert_testing.postgresql import PostgresqlServer, server_binaries
from malapert_testing.services import ServiceLauncher
from sample_service.factory import MIGRATIONS, SampleSettings, build


async def until(check: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await check():
            await asyncio.sleep(0.1)


async def absent(target: str, part: str) -> bool:
    async with grpc.aio.insecure_channel(target) as channel:
        request = health_pb2.HealthCheckRequest(service=part)
        answer = await health_pb2_grpc.HealthStub(channel).Check(request, timeout=5)
    return bool(answer.status == health_pb2.HealthCheckResponse.NOT_SERVING)


@pytest.mark.asyncio
async def test_a_service_is_ready_only_with_its_database_and_the_broker(
    own_nats_server: NatsServer, tmp_path: Path
) -> None:
    binaries = server_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server binaries on this machine")
    postgresql = PostgresqlServer(binaries)
    postgresql.start()
    launcher = ServiceLauncher(own_nats_server.url, postgresql.create_database(), tmp_path)
    async with launcher.run(SampleSettings, build, MIGRATIONS) as service:
        target = service.target
        assert await answers_serving(target)
        own_nats_server.kill()
        await until(lambda: absent(target, ""))
        assert (await absent(target, "broker"), await absent(target, "database")) == (True, False)
        assert await answers_serving(target, LIVENESS)
        own_nats_server.start()
        await until(lambda: answers_serving(target))
        postgresql.stop()
        await until(lambda: absent(target, "database"))
        assert not await answers_serving(target)
        assert not await answers_serving(target, "malapert.operation.v1.OperationService")
        assert await answers_serving(target, LIVENESS)
