"""Consumers of events: durable, redelivered until handled, with an inbox that gives each event its effect once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import ConnectionClosedError
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from opentelemetry import trace
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_core.background import together
from malapert_core.db.database import Database
from malapert_core.db.tables import InboxRow
from malapert_core.errors import ErrorCategory, MalapertError, UnavailableError
from malapert_core.events.event import MESSAGE_ID_HEADER, Event
from malapert_core.events.streams import DEAD_LETTER_PREFIX, stream_of
from malapert_core.metric_names import EVENTS_HANDLED
from malapert_core.rpc.patience import passes
from malapert_core.telemetry import extract_trace
from malapert_core.timestamps import utc_now

log = structlog.get_logger(__name__)

EventHandler = Callable[[Event, AsyncSession], Awaitable[None]]
"""Gives an event its effect through the session, whose transaction also marks the event as handled."""

_ACK_WAIT_S = 20.0
_LONGEST_PAUSE_S = 5.0
_BATCH = 8
_FETCH_TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class Subscription:
    """Subscription of a consumer to subjects.

    ``durable`` names the consumer on the broker and in the inbox: letters, digits, ``-`` and ``_``. After
    ``max_deliver`` failed tries an event is copied to ``malapert.dead_letter.v1.<durable>`` and left.
    """

    durable: str
    subjects: Sequence[str]
    handler: EventHandler
    max_deliver: int = 8
    first_retry_s: float = 0.5


class EventConsumer:
    """Handles the events of one subscription, in order unless one is retried.

    Parameters
    ----------
    database : Database
    connection : nats.aio.client.Client
    subscription : Subscription
    tracer : opentelemetry.trace.Tracer, optional
    """

    def __init__(
        self,
        database: Database,
        connection: Client,
        subscription: Subscription,
        tracer: trace.Tracer | None = None,
    ) -> None:
        self._database = database
        self._connection = connection
        self._js = connection.jetstream(timeout=5.0)
        self._subscription = subscription
        self._tracer = tracer or trace.NoOpTracer()

    async def run(self) -> None:
        """Handle events until cancelled; each stream that the subjects belong to is followed on its own."""
        streams: dict[str, list[str]] = {}
        for subject in self._subscription.subjects:
            streams.setdefault(stream_of(subject), []).append(subject)
        await together(*(self._follow(stream, subjects) for stream, subjects in streams.items()))

    async def _follow(self, stream: str, subjects: list[str]) -> None:
        pause_s = 0.1
        while True:
            try:
                async with self._bound(stream, subjects) as pulls:
                    while True:
                        await self._pull(pulls)
                        pause_s = 0.1
            except ConnectionClosedError:
                return
            except Exception as error:
                log.warning("consumer starts again", consumer=self._subscription.durable, error=repr(error))
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, 5.0)

    @asynccontextmanager
    async def _bound(self, stream: str, subjects: list[str]) -> AsyncIterator[JetStreamContext.PullSubscription]:
        # The broker never gives up on an event by itself: that is decided in _handle, which leaves a dead letter.
        config = ConsumerConfig(
            durable_name=self._subscription.durable,
            deliver_policy=DeliverPolicy.ALL,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=_ACK_WAIT_S,
            max_deliver=-1,
            filter_subjects=subjects,
        )
        await self._js.add_consumer(stream, config)
        pulls = await self._js.pull_subscribe_bind(consumer=self._subscription.durable, stream=stream)
        try:
            yield pulls
        finally:
            with suppress(NatsError):
                await pulls.unsubscribe()

    async def _pull(self, pulls: JetStreamContext.PullSubscription) -> None:
        try:
            messages = await pulls.fetch(_BATCH, timeout=_FETCH_TIMEOUT_S)
        except (NatsTimeoutError, TimeoutError):
            return
        for number, message in enumerate(messages):
            try:
                await self._handle(message, messages[number:])
            except asyncio.CancelledError:
                # What this process took but will not do need not wait for the broker to lose patience.
                for left in messages[number:]:
                    await left.nak()
                raise

    async def _handle(self, message: Msg, taken: Sequence[Msg]) -> None:
        tries = message.metadata.num_delivered or 1
        if tries > self._subscription.max_deliver:
            # Only a process that died while handling the last try leaves one behind.
            await self._bury(message, "CRASHED", "the consumer died while handling it")
            return
        try:
            outcome = await self._applied(message, taken)
        except Exception as error:
            await self._refuse(message, tries, error)
            return
        await message.ack_sync()
        self._count(outcome)

    async def _applied(self, message: Msg, taken: Sequence[Msg]) -> str:
        """Apply a message; wait while the database, or a service that is asked, is away: that counts as no try."""
        pause_s = self._subscription.first_retry_s
        while True:
            try:
                return await self._apply(message)
            except UnavailableError as error:
                # What takes too long every time is no outage: it may be this event.
                if not passes(error) or error.reason == "DEADLINE_EXCEEDED":
                    raise
                log.warning("events wait", consumer=self._subscription.durable, reason=error.reason)
            for each in taken:
                with suppress(NatsError):
                    await each.in_progress()
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    async def _apply(self, message: Msg) -> str:
        event = Event.from_message(message)
        durable = self._subscription.durable
        context = extract_trace({"traceparent": event.traceparent} if event.traceparent else {})
        kind = trace.SpanKind.CONSUMER
        with self._tracer.start_as_current_span(f"handle {event.subject}", context=context, kind=kind):
            async with self._database.transaction() as session:
                if await session.get(InboxRow, (durable, event.event_id)) is not None:
                    return "repeated"
                session.add(InboxRow(consumer=durable, event_id=event.event_id, handled_time=utc_now()))
                await session.flush()
                await self._subscription.handler(event, session)
        return "handled"

    async def _refuse(self, message: Msg, tries: int, error: Exception) -> None:
        hopeless = isinstance(error, MalapertError) and error.category is ErrorCategory.INVALID
        if hopeless or tries >= self._subscription.max_deliver:
            reason = error.reason if isinstance(error, MalapertError) else "INTERNAL"
            await self._bury(message, reason, repr(error))
            return
        delay_s = min(self._subscription.first_retry_s * 2 ** (tries - 1), 30.0)
        log.warning(
            "event will be handled again",
            consumer=self._subscription.durable,
            subject=message.subject,
            tries=tries,
            retry_in_s=delay_s,
            exc_info=error,
        )
        await message.nak(delay_s)
        self._count("retried")

    async def _bury(self, message: Msg, reason: str, detail: str) -> None:
        durable = self._subscription.durable
        headers = dict(message.headers or {})
        headers[MESSAGE_ID_HEADER] = f"{durable}:{headers.get('ce-id', message.metadata.sequence.stream)}"
        headers |= {
            "malapert-original-subject": message.subject,
            "malapert-reason": reason,
            "malapert-detail": detail.replace("\r", " ").replace("\n", " ")[:1000],
        }
        await self._js.publish(f"{DEAD_LETTER_PREFIX}.{durable}", message.data, headers=headers)
        await message.term()
        log.error("event was left as a dead letter", consumer=durable, subject=message.subject, reason=reason)
        self._count("dead_lettered")

    def _count(self, outcome: str) -> None:
        EVENTS_HANDLED.labels(self._subscription.durable, outcome).inc()
