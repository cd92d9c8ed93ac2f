"""The platform's events as one feed: live from the broker, resumed from a cursor, only what the caller may see."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import structlog
from google.protobuf.message import Message
from malapert.planner.v1 import event_pb2
from malapert_core.errors import InvalidInputError, UnavailableError
from malapert_core.events.event import Event
from malapert_core.events.registry import event_types, message_of
from malapert_core.events.streams import AREAS, stream_of
from malapert_core.policy.audience import Visibility
from malapert_core.policy.charter import Charter
from malapert_core.policy.charters import Charters
from malapert_core.policy.identity import Identity
from malapert_core.policy.sight import Sight, Thing, sight
from malapert_core.timestamps import utc_now
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, DeliverPolicy

from malapert_gateway.services.feed_cursor import FeedCursor, StreamState, made_by_area, resumed

log = structlog.get_logger(__name__)

_OF_PLANS = tuple(
    kind.message_class for kind in event_types().values() if "plan" in kind.message_class.DESCRIPTOR.fields_by_name
)
_QUEUE_LENGTH = 256
_CHECK_INTERVAL_S = 5.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.25, 5.0


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Filter of a reader's events; empty means all."""

    types: frozenset[str] = frozenset()
    visibilities: frozenset[Visibility] = frozenset()
    mission_id: str = ""
    agency_id: str = ""

    def admits(self, event: Event, mission_id: str) -> bool:
        """Tell whether an event is wanted."""
        return (
            (not self.types or event.subject in self.types)
            and (not self.visibilities or event.visibility in self.visibilities)
            and self.mission_id in ("", mission_id)
            and self.agency_id in ("", event.agency_id, *event.party_agency_ids)
        )


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An event of the feed, the cursor after it, and what it says; `message` is None for an unknown type."""

    cursor: FeedCursor
    event: Event
    mission_id: str
    message: Message | None


class EventFeed:
    """Reads the platform's streams for one reader at a time, by consumers that leave no trace.

    Parameters
    ----------
    connection
        Connection to the broker.
    js
        JetStream on it.
    charters
        Knows who takes part in missions, and since when.
    """

    def __init__(self, connection: Client, js: JetStreamContext, charters: Charters) -> None:
        self._connection = connection
        self._js = js
        self._charters = charters

    async def start_cursor(self, last_event_id: str) -> FeedCursor:
        """Return where to read on: after an event, or from now.

        Raises
        ------
        InvalidInputError
            ``INVALID_LAST_EVENT_ID``.
        UnavailableError
            ``BROKER_UNAVAILABLE`` where the broker is away, or has lost its files and the streams are not made again.
        """
        asked = FeedCursor.parse(last_event_id) if last_event_id else None
        try:
            present = {area: await self._state(area) for area in AREAS}
        except (NatsError, TimeoutError) as error:
            message = "the events' broker cannot be reached, or is being set up again; ask again"
            raise UnavailableError("BROKER_UNAVAILABLE", message, metadata={"retry_after_s": "5"}) from error
        if asked is None:
            return FeedCursor(tuple((area, state.last) for area, state in present.items()), made_by_area(present))
        return resumed(asked, present)

    async def entries(self, identity: Identity, start: FeedCursor, wanted: EventFilter) -> AsyncIterator[FeedEntry]:
        """Yield what the caller may see and wants, in the order of each stream.

        The feed ends where the connection to the broker was renewed meanwhile; the reader resumes from its last entry.
        """
        queue: asyncio.Queue[tuple[str, Msg]] = asyncio.Queue(_QUEUE_LENGTH)
        reconnects = self._connection.stats["reconnects"]
        subscriptions = [await self._subscribe(area, after, queue) for area, after in start.sequence_by_area]
        cursor = start
        try:
            while self._connection.stats["reconnects"] == reconnects:
                try:
                    area, message = await asyncio.wait_for(queue.get(), _CHECK_INTERVAL_S)
                except TimeoutError:
                    continue
                sequence = message.metadata.sequence.stream
                if sequence <= dict(cursor.sequence_by_area)[area]:
                    continue  # the client reads a stream from its beginning where the broker came back just now
                cursor = cursor.at(area, sequence)
                entry = _entry(cursor, message)
                if entry is None or not wanted.admits(entry.event, entry.mission_id):
                    continue
                if await self._may_see(identity, entry):
                    yield replace(entry, message=_shown(entry.message))
        finally:
            for subscription in subscriptions:
                if not self._connection.is_closed:
                    await subscription.unsubscribe()

    async def _may_see(self, identity: Identity, entry: FeedEntry) -> bool:
        event = entry.event
        if not identity.may_enter(entry.mission_id) and entry.mission_id:
            return False
        if identity.agency_id in event.party_agency_ids:
            return True
        audience = getattr(entry.message, "audience_agency_ids", ())
        if audience and identity.agency_id not in (*audience, event.agency_id):
            return False
        thing = Thing(event.agency_id, event.visibility, event.time)
        charter = await self._charter(entry.mission_id) if entry.mission_id else None
        if entry.mission_id and charter is None:
            return identity.agency_id == event.agency_id
        return sight(identity, thing, charter, utc_now()) is Sight.WHOLE

    async def _charter(self, mission_id: str) -> Charter | None:
        """Return a mission's charter; wait for the planner where that is away."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                return await self._charters.get(mission_id)
            except UnavailableError as error:
                log.warning("feed waits for a charter", mission_id=mission_id, reason=error.reason)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def _state(self, area: str) -> StreamState:
        info = await self._js.stream_info(_stream(area))
        made_ms = 0 if info.created is None else round(info.created.timestamp() * 1000)
        return StreamState(made_ms, int(info.state.first_seq), int(info.state.last_seq))

    async def _subscribe(
        self, area: str, after: int, queue: asyncio.Queue[tuple[str, Msg]]
    ) -> JetStreamContext.PushSubscription:
        async def put(message: Msg) -> None:
            await queue.put((area, message))

        config = ConsumerConfig(deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=after + 1)
        return await self._js.subscribe(
            f"malapert.{area}.v1.>", stream=_stream(area), ordered_consumer=True, config=config, cb=put
        )


def mission_id_of(message: Message) -> str:
    """Return the mission that a message is about, itself or one of its parts; empty where it says none."""
    for field, value in message.ListFields():
        if field.name == "mission_id":
            return str(value)
        if isinstance(value, Message) and (found := mission_id_of(value)):
            return found
    return ""


def _shown(message: Any) -> Any:
    """Return what the feed tells of an event: of a plan not which requests it holds, some are their owners' alone."""
    if not isinstance(message, _OF_PLANS):
        return message
    shown: Any = type(message)()
    shown.CopyFrom(message)
    shown.plan.planned_requests.clear()
    if isinstance(shown, event_pb2.PlanOutdated):
        for name in ("request_id", "reason", "notice_id", "subject_id", "item_ids", "agency_ids"):
            shown.notice.ClearField(name)
    return shown


def _entry(cursor: FeedCursor, message: Msg) -> FeedEntry | None:
    try:
        event = Event.from_message(message)
    except InvalidInputError as error:
        log.warning("message is no event", subject=message.subject, reason=error.reason)
        return None
    content = message_of(event)
    return FeedEntry(cursor, event, "" if content is None else mission_id_of(content), content)


def _stream(area: str) -> str:
    return stream_of(f"malapert.{area}.v1")
