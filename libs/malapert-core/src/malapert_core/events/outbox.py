"""Transactional outbox: an event is stored with the change that it announces, and published afterwards."""

import asyncio
import time
from collections.abc import Iterable

import structlog
from google.protobuf.message import Message
from nats.aio.client import Client
from sqlalchemy import event, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_core.background import wait_at_most
from malapert_core.db.database import Database
from malapert_core.db.tables import OutboxRow
from malapert_core.events.broker import stream_epoch
from malapert_core.events.event import Event
from malapert_core.events.registry import subject_of
from malapert_core.events.streams import AREAS, stream_of
from malapert_core.metric_names import EVENTS_PUBLISHED
from malapert_core.policy.audience import Visibility
from malapert_core.telemetry import inject_trace
from malapert_core.timestamps import utc_now
from malapert_core.vocabulary.identifiers import new_identifier

log = structlog.get_logger(__name__)


_WOKEN = "malapert outboxes woken after a commit"
_AT_ONCE = 100
_LOOK_INTERVAL_S = 10.0


class EventOutbox:
    """Transactional outbox of a service's events.

    Parameters
    ----------
    service_name : str
        The service, which becomes the events' source ``/malapert/<service>``.
    """

    def __init__(self, service_name: str) -> None:
        self.service_name = service_name
        self.committed = asyncio.Event()

    def add(
        self,
        session: AsyncSession,
        message: Message,
        *,
        entity_id: str,
        agency_id: str = "",
        party_agency_ids: Iterable[str] = (),
        visibility: Visibility = Visibility.MISSION,
    ) -> str:
        """Store an event in the caller's transaction and return its identifier; it is published after the commit.

        Parties see it as its agency does.

        The message states its subject; raises ValueError where it states none.
        """
        trace: dict[str, str] = {}
        inject_trace(trace)
        fact = Event(
            event_id=new_identifier(),
            subject=subject_of(message),
            source=f"/malapert/{self.service_name}",
            time=utc_now(),
            entity_id=entity_id,
            agency_id=agency_id,
            visibility=visibility,
            data=message.SerializeToString(deterministic=True),
            traceparent=trace.get("traceparent", ""),
            party_agency_ids=tuple(sorted(set(party_agency_ids) - {agency_id, ""})),
        )
        session.add(
            OutboxRow(
                event_id=fact.event_id,
                subject=fact.subject,
                headers=fact.headers(),
                data=fact.data,
                created_time=fact.time,
            )
        )
        known = session.sync_session.info.setdefault(_WOKEN, set())
        if self.service_name not in known:
            known.add(self.service_name)
            event.listen(session.sync_session, "after_commit", lambda _session: self.committed.set())
        return fact.event_id


class OutboxPublisher:
    """Publishes what an outbox holds, in order; keeps trying while the broker is away.

    A publish that timed out may have been stored: it is sent again under the same message identifier, which the
    stream drops within its duplicate window and the consumers' inboxes ever after. Where the broker has lost its files,
    all that the outbox still keeps is sent again into the new stream, in its order.

    Parameters
    ----------
    database : Database
    outbox : EventOutbox
    connection : nats.aio.client.Client
    poll_interval_s : float
        How often to look where no commit of this process says so.
    """

    def __init__(
        self, database: Database, outbox: EventOutbox, connection: Client, *, poll_interval_s: float = 2.0
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._connection = connection
        self._js = connection.jetstream(timeout=5.0)
        self._poll_interval_s = poll_interval_s
        area = outbox.service_name
        self._stream = stream_of(f"malapert.{area}.v1") if area in AREAS else ""
        self._epoch = ""
        self._reconnects = -1
        self._looked_s = float("-inf")

    async def run(self) -> None:
        """Publish until cancelled."""
        pause_s = 0.1
        while True:
            self._outbox.committed.clear()
            try:
                if self._connection.is_connected and await self._knows_stream():
                    # What is committed meanwhile sets the event: what is read short is not read again at once.
                    while await self.publish_pending(_AT_ONCE) == _AT_ONCE:
                        pass
                    pause_s = 0.1
            except Exception as error:
                self._reconnects = -1
                log.warning("events could not be published yet", error=repr(error), retry_in_s=pause_s)
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, 5.0)
                continue
            wait_s = self._poll_interval_s if self._connection.is_connected else 0.1
            await wait_at_most(self._outbox.committed, wait_s)

    async def publish_pending(self, limit: int = _AT_ONCE) -> int:
        """Publish at most so many events that wait, oldest first, and return how many were published."""
        pending = select(OutboxRow).where(col(OutboxRow.published_time).is_(None))
        async with self._database.reading() as session:
            rows = (await session.exec(pending.order_by(col(OutboxRow.sequence)).limit(limit))).all()
        published: list[int | None] = []
        try:
            for row in rows:
                await self._js.publish(row.subject, row.data, headers=dict(row.headers))
                published.append(row.sequence)
                EVENTS_PUBLISHED.labels(self._outbox.service_name, row.subject).inc()
        finally:
            if published:
                await self._mark(published)
        return len(published)

    async def _knows_stream(self) -> bool:
        """Look now and then whether the stream is still the one that events were sent to; False where it is away."""
        reconnects = self._connection.stats["reconnects"]
        if not self._stream or (
            reconnects == self._reconnects and time.monotonic() - self._looked_s < _LOOK_INTERVAL_S
        ):
            return True
        epoch = await stream_epoch(self._js, self._stream)
        if epoch is None:
            return False
        if epoch != self._epoch:
            await self._send_again_what_is_lost(epoch)
        self._epoch, self._reconnects, self._looked_s = epoch, reconnects, time.monotonic()
        return True

    async def _send_again_what_is_lost(self, epoch: str) -> None:
        sent = col(OutboxRow.published_time).is_not(None)
        # Of an earlier version it is not known where they are: they are taken to be in the stream that is there.
        unknown = update(OutboxRow).where(sent, col(OutboxRow.published_to) == "").values(published_to=epoch)
        elsewhere = update(OutboxRow).where(sent, col(OutboxRow.published_to) != epoch).values(published_time=None)
        async with self._database.transaction() as session:
            await session.exec(unknown)
            count = (await session.exec(elsewhere)).rowcount
        if count:
            log.warning("stream was made anew; events are sent again", stream=self._stream, count=count)

    async def _mark(self, sequences: list[int | None]) -> None:
        marking = update(OutboxRow).where(col(OutboxRow.sequence).in_(sequences))
        marking = marking.values(published_time=utc_now(), published_to=self._epoch)
        async with self._database.transaction() as session:
            await session.exec(marking)
