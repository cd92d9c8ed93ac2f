"""Gauges of what a process stands on and has before it, set now and again."""

import asyncio
import shutil
from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError
from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_core.db.database import Database
from malapert_core.db.tables import OperationRow, OutboxRow
from malapert_core.events.inbox import Subscription
from malapert_core.events.streams import stream_of
from malapert_core.metric_names import (
    BUILD,
    CONSUMER_LAG,
    DATABASE_CONNECTIONS,
    DISK_FREE_BYTES,
    OPERATIONS_OLDEST_S,
    OPERATIONS_QUEUED,
    OUTBOX_OLDEST_S,
    OUTBOX_PENDING,
    PART_UP,
)
from malapert_core.operations.store import OperationState
from malapert_core.rpc.health import BROKER, DATABASE
from malapert_core.timestamps import utc_now

log = structlog.get_logger(__name__)

INTERVAL_S = 15.0
_ANSWER_LIMIT_S = 5.0


class StateGauges:
    """Gauges of one service.

    Parameters
    ----------
    service_name : str
    database : Database
    connection : nats.aio.client.Client
    data_dir : Path
        Directory whose disk is watched.
    subscriptions : sequence of Subscription
        Whose events that wait are counted.
    """

    def __init__(
        self,
        service_name: str,
        database: Database,
        connection: Client,
        data_dir: Path,
        subscriptions: Sequence[Subscription] = (),
    ) -> None:
        self._service = service_name
        self._database = database
        self._connection = connection
        self._js = connection.jetstream(timeout=_ANSWER_LIMIT_S)
        self._data_dir = data_dir
        self._subscriptions = subscriptions

    async def run(self) -> None:
        """Set the gauges until cancelled."""
        BUILD.labels(self._service, version("malapert-core")).set(1)
        while True:
            await self.update()
            await asyncio.sleep(INTERVAL_S)

    async def update(self) -> None:
        """Set the gauges; what cannot be asked keeps its last value, and its part is told to be away."""
        PART_UP.labels(self._service, BROKER).set(self._connection.is_connected)
        try:
            async with asyncio.timeout(_ANSWER_LIMIT_S):
                await self._ask_database()
            is_there = True
        except Exception as error:
            log.warning("gauges of the database could not be set", error=repr(error))
            is_there = False
        PART_UP.labels(self._service, DATABASE).set(is_there)
        if self._connection.is_connected:
            await self._ask_broker()
        self._look_at_disk()

    async def _ask_database(self) -> None:
        pool: Any = self._database.engine.pool
        DATABASE_CONNECTIONS.labels(self._service).set(pool.checkedout() if hasattr(pool, "checkedout") else 0)
        pending = col(OutboxRow.published_time).is_(None)
        queued = col(OperationRow.state) == OperationState.QUEUED
        async with self._database.reading() as session:
            events = await _count_and_oldest(session, col(OutboxRow.created_time), pending)
            operations = await _count_and_oldest(session, col(OperationRow.created_time), queued)
        for (count, oldest), number, age in (
            (events, OUTBOX_PENDING, OUTBOX_OLDEST_S),
            (operations, OPERATIONS_QUEUED, OPERATIONS_OLDEST_S),
        ):
            number.labels(self._service).set(count)
            age.labels(self._service).set(max(0.0, (utc_now() - oldest).total_seconds()) if oldest else 0.0)

    async def _ask_broker(self) -> None:
        for subscription in self._subscriptions:
            waiting = 0
            try:
                for stream in {stream_of(subject) for subject in subscription.subjects}:
                    found = await self._js.consumer_info(stream, subscription.durable)
                    waiting += (found.num_pending or 0) + (found.num_ack_pending or 0)
            except (NatsError, TimeoutError) as error:
                log.warning("lag of a consumer is not known", consumer=subscription.durable, error=repr(error))
                continue
            CONSUMER_LAG.labels(subscription.durable).set(waiting)

    def _look_at_disk(self) -> None:
        # A service whose database is elsewhere may have made no directory yet.
        there = next((path for path in (self._data_dir, *self._data_dir.absolute().parents) if path.exists()), None)
        if there is not None:
            DISK_FREE_BYTES.labels(self._service).set(shutil.disk_usage(there).free)


async def _count_and_oldest(session: AsyncSession, time: Any, condition: Any) -> tuple[int, datetime | None]:
    query = select_columns(func.count(), func.min(time)).where(condition)
    count, oldest = (await (await session.connection()).execute(query)).one()
    return int(count), oldest
