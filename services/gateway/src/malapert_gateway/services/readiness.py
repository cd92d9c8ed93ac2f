"""Tells whether the gateway can do its work: its database, the broker, and each service."""

import asyncio
from collections.abc import Awaitable

import structlog
from grpc_health.v1 import health_pb2
from malapert_core.db.database import Database
from malapert_core.errors import DatabaseAwayError, MalapertError
from malapert_core.events.broker import stream_epoch
from malapert_core.events.streams import AREAS, stream_of
from nats.aio.client import Client
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from malapert_gateway.services.clients import ServiceClients, ServiceName

log = structlog.get_logger(__name__)

READY = "ready"


class Readiness:
    """Asks every part.

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
            answer = await self._services.health[name].Check(health_pb2.HealthCheckRequest(), timeout=self._deadline_s)
        except MalapertError as error:
            return error.reason
        serving = answer.status == health_pb2.HealthCheckResponse.SERVING
        return READY if serving else health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)
