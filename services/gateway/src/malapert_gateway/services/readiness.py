"""Tells whether the gateway can do its work: its database, the broker, and each service."""

import asyncio
import time
from collections.abc import Awaitable
from typing import Any

import structlog
from grpc_health.v1 import health_pb2
from malapert_core.db.database import Database
from malapert_core.errors import DatabaseAwayError, MalapertError
from malapert_core.events.broker import stream_epoch
from malapert_core.events.streams import AREAS, stream_of
from malapert_core.policy.tokens import CLOCK_LEEWAY_S
from malapert_core.rpc.health import PARTS, TIME_HEADER
from nats.aio.client import Client
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from malapert_gateway.services.clients import ServiceClients, ServiceName

log = structlog.get_logger(__name__)

READY = "ready"


class Readiness:
    """Asks every part, and of each service what it lacks and whether its clock agrees with this one.

    Parameters
    ----------
    database
        The gateway's database.
    connection
        Connection to the broker.
    services
        The services.
    deadline_s
        Deadline of one check, seconds.
    """

    def __init__(self, database: Database, connection: Client, services: ServiceClients, deadline_s: float) -> None:
        self._database = database
        self._connection = connection
        self._services = services
        self._deadline_s = deadline_s

    async def parts(self) -> dict[str, str]:
        """Return each part with `ready` or what is wrong with it."""
        checks: dict[str, Awaitable[str]] = {"database": self._ask_database(), "broker": self._ask_broker()}
        checks |= {name.value: self._ask_service(name) for name in ServiceName}
        return dict(zip(checks, await asyncio.gather(*checks.values()), strict=True))

    async def _ask_database(self) -> str:
        try:
            async with asyncio.timeout(self._deadline_s), self._database.reading() as session:
                await (await session.connection()).execute(text("SELECT 1"))
        except DatabaseAwayError as error:
            return error.reason
        except (TimeoutError, DBAPIError) as error:
            log.warning("database is not ready", error=type(error).__name__)
            return "unreachable"
        return READY

    async def _ask_broker(self) -> str:
        if not self._connection.is_connected:
            return "unreachable"
        js = self._connection.jetstream(timeout=self._deadline_s)
        streams = [stream_of(f"malapert.{area}.v1") for area in AREAS]
        epochs = await asyncio.gather(*(stream_epoch(js, stream) for stream in streams))
        absent = [stream for stream, epoch in zip(streams, epochs, strict=True) if epoch is None]
        return f"without the streams {', '.join(absent)}" if absent else READY

    async def _ask_service(self, name: ServiceName) -> str:
        try:
            call = self._services.health[name].Check(health_pb2.HealthCheckRequest(), timeout=self._deadline_s)
            answer = await call
            skew_s = _skew_s(await call.initial_metadata())
        except MalapertError as error:
            return error.reason
        if abs(skew_s) > CLOCK_LEEWAY_S:
            return f"its clock differs by {skew_s:+.0f} s from the gateway's; {CLOCK_LEEWAY_S} s are allowed"
        if answer.status == health_pb2.HealthCheckResponse.SERVING:
            return READY
        absent = await asyncio.gather(*(self._is_absent(name, part) for part in PARTS))
        parts = [part for part, is_absent in zip(PARTS, absent, strict=True) if is_absent]
        status = str(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))
        return f"{status}: without its {' and its '.join(parts)}" if parts else status

    async def _is_absent(self, name: ServiceName, part: str) -> bool:
        request = health_pb2.HealthCheckRequest(service=part)
        try:
            answer = await self._services.health[name].Check(request, timeout=self._deadline_s)
        except MalapertError:
            return False  # one of an earlier version has no parts
        return bool(answer.status == health_pb2.HealthCheckResponse.NOT_SERVING)


def _skew_s(metadata: Any) -> float:
    """Return by how much a service's clock is ahead of this one, seconds; 0 where it did not say its time."""
    told = dict(metadata or ()).get(TIME_HEADER)
    return 0.0 if told is None else float(told) - time.time()
