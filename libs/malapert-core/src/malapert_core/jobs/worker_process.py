"""Life cycle of a worker, which takes jobs from a work queue and needs no database, no secret and no other service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from malapert_core.background import background
from malapert_core.config import ProcessSettings
from malapert_core.events.broker import open_broker
from malapert_core.jobs.queue import WorkQueue
from malapert_core.jobs.worker import JobWorker, Perform
from malapert_core.rpc.certificates import certificates_of
from malapert_core.rpc.health import BROKER, watch_parts
from malapert_core.rpc.server import GrpcServer
from malapert_core.telemetry import Telemetry

log = structlog.get_logger(__name__)


@asynccontextmanager
async def running_worker(settings: ProcessSettings, area: str, perform: Perform, *, slots: int) -> AsyncIterator[int]:
    """Work for the length of a block; yields the port on which its health is asked for.

    Parameters
    ----------
    settings : ProcessSettings
    area : str
        Whose jobs it takes.
    perform : Perform
    slots : int
        See `JobWorker`.
    """
    telemetry = Telemetry.of(settings)
    try:
        async with open_broker(settings) as connection:
            worker = JobWorker(WorkQueue(connection, area), perform, slots=slots, tracer=telemetry.tracer)
            server = GrpcServer(
                [],
                interceptors=[],
                host=settings.grpc_host,
                port=settings.grpc_port,
                certificates=certificates_of(settings),
                health_port=settings.health_port,
            )

            async def is_connected() -> bool:
                return connection.is_connected

            async with background(worker.run(), watch_parts(server.health, {BROKER: is_connected})):
                await server.start()
                log.info("worker works", port=server.port, slots=slots)
                try:
                    yield server.port
                finally:
                    log.info("worker stops")
                    await server.stop(0.0)
    finally:
        telemetry.close()
