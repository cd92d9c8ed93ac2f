"""Events on a real broker that is restarted and killed: none lost, none handled twice."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from malapert.planner.v1 import event_pb2
from malapert_core.background import background, end_tasks
from malapert_core.db.database import Database
from malapert_core.db.migrations import run_migrations
from malapert_core.db.tables import OutboxRow
from malapert_core.errors import DatabaseAwayError, InvalidInputError
from malapert_core.events import outbox as outbox_module
from malapert_core.events.broker import connect_nats, ensure_streams, keep_streams
from malapert_core.events.event import Event
from malapert_core.events.inbox import EventConsumer, EventHandler, Subscription
from malapert_core.events.outbox import EventOutbox, OutboxPublisher
from malapert_core.events.streams import DEAD_LETTER_STREAM, stream_of
from malapert_core.policy.audience import Visibility
from malapert_core.telemetry import Telemetry
from malapert_core.timestamps import utc_now
from malapert_testing.nats_server import NatsServer
from nats.aio.client import Client
from sample_service.factory import MIGRATIONS
from sample_service.tables import NoteRow
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

SUBJECT = "malapert.planner.v1.plan.released"


def released(plan_id: str) -> event_pb2.PlanReleased:
    return event_pb2.PlanReleased(plan=event_pb2.PlanSummary(plan_id=plan_id))


class Bus:
    """A database and a broker, and what runs between them."""

    def __init__(self, database: Database, connection: Client) -> None:
        self.database = database
        self.connection = connection
        self.outbox = EventOutbox("planner")
        self.publisher = OutboxPublisher(database, self.outbox, connection, poll_interval_s=0.1)

    async def announce(self, names: Sequence[str]) -> list[str]:
        async with self.database.transaction() as session:
            return [self.outbox.add(session, released(name), entity_id=name, agency_id="jaxa") for name in names]

    @asynccontextmanager
    async def publishing(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.publisher.run())
        yield
        await end_tasks([task])

    @asynccontextmanager
    async def consuming(self, handler: EventHandler, max_deliver: int = 8) -> AsyncIterator[None]:
        subscription = Subscription("notes", [SUBJECT], handler, max_deliver=max_deliver, first_retry_s=0.02)
        task = asyncio.create_task(EventConsumer(self.database, self.connection, subscription).run())
        yield
        await end_tasks([task])

    async def notes(self) -> list[str]:
        async with self.database.reading() as session:
            rows = await session.exec(select(NoteRow).order_by(col(NoteRow.note_id)))
            return [row.content["name"] for row in rows.all()]

    async def until_notes(self, count: int) -> list[str]:
        async with asyncio.timeout(25):
            while len(notes := await self.notes()) < count:
                await asyncio.sleep(0.02)
        return notes

    async def pending(self) -> int:
        async with self.database.reading() as session:
            waiting = select(OutboxRow).where(col(OutboxRow.published_time).is_(None))
            return len((await session.exec(waiting)).all())

    async def stored(self) -> int:
        """Count what the stream holds."""
        return int((await self.connection.jetstream().stream_info(stream_of(SUBJECT))).state.messages)


@asynccontextmanager
async def bus_on(database_url: str, server: NatsServer) -> AsyncIterator[Bus]:
    database = Database(database_url)
    await run_migrations(database, MIGRATIONS)
    connection = await connect_nats(server.url, name="test", reconnect_wait_s=0.05)
    await ensure_streams(connection.jetstream())
    yield Bus(database, connection)
    await connection.close()
    await database.close()


async def write_note(event: Event, session: AsyncSession) -> None:
    """Number the notes, so that a second handling of an event is a second note."""
    count = len((await session.exec(select(NoteRow))).all())
    name = event.parse(event_pb2.PlanReleased).plan.plan_id
    session.add(NoteRow(note_id=f"{count:04d}", content={"name": name}, created_time=utc_now()))


@pytest.mark.asyncio
async def test_events_survive_a_killed_broker_and_are_handled_once(
    database_url: str, own_nats_server: NatsServer
) -> None:
    names = [f"plan-{n:02d}" for n in range(30)]
    async with bus_on(database_url, own_nats_server) as bus, bus.publishing(), bus.consuming(write_note):
        await bus.announce(names[:10])
        await bus.until_notes(10)
        own_nats_server.kill()
        await bus.announce(names[10:20])
        own_nats_server.start()
        await bus.announce(names[20:])
        assert await bus.until_notes(30) == names


@pytest.mark.asyncio
async def test_a_broker_that_lost_its_files_loses_and_repeats_nothing(
    database_url: str, own_nats_server: NatsServer
) -> None:
    async with bus_on(database_url, own_nats_server) as bus, background(keep_streams(bus.connection)):
        async with bus.publishing():
            async with bus.consuming(write_note):
                await bus.announce(["handled"])
                await bus.until_notes(1)
            await bus.announce(["only in the broker"])
            while await bus.pending():
                await asyncio.sleep(0.02)
            own_nats_server.wipe()
            await bus.announce(["after"])
            async with bus.consuming(write_note):
                assert await bus.until_notes(3) == ["handled", "only in the broker", "after"]
                own_nats_server.wipe()
                await bus.announce(["after the second"])
                await bus.until_notes(4)
                await bus.announce(["last"])
                assert (await bus.until_notes(5))[3:] == ["after the second", "last"]
        assert await bus.stored() == 5


@pytest.mark.asyncio
async def test_an_outage_however_long_leaves_no_dead_letter(sqlite_url: str, own_nats_server: NatsServer) -> None:
    tries: list[str] = []

    async def away_at_first(event: Event, session: AsyncSession) -> None:
        tries.append(event.event_id)
        if len(tries) < 7:
            raise DatabaseAwayError("DATABASE_UNAVAILABLE", "the service's database cannot be reached")
        await write_note(event, session)

    async with bus_on(sqlite_url, own_nats_server) as bus, bus.publishing():
        async with bus.consuming(away_at_first, max_deliver=3):
            await bus.announce(["a", "b"])
            assert await bus.until_notes(2) == ["a", "b"]
        assert len(set(tries[:7])) == 1
        assert (await bus.connection.jetstream().stream_info(DEAD_LETTER_STREAM)).state.messages == 0


@pytest.mark.asyncio
async def test_a_stream_that_was_deleted_is_made_again_and_filled(
    sqlite_url: str, own_nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "_LOOK_INTERVAL_S", 0.2)
    async with (
        bus_on(sqlite_url, own_nats_server) as bus,
        background(keep_streams(bus.connection)),
        bus.publishing(),
        bus.consuming(write_note),
    ):
        await bus.announce(["a"])
        await bus.until_notes(1)
        await bus.connection.jetstream().delete_stream(stream_of(SUBJECT))
        await bus.announce(["b"])
        assert await bus.until_notes(2) == ["a", "b"]
        await bus.announce(["c"])
        assert await bus.until_notes(3) == ["a", "b", "c"]
        while await bus.stored() < 3:
            await asyncio.sleep(0.05)


@pytest.mark.asyncio
async def test_a_consumer_that_was_down_catches_up(sqlite_url: str, own_nats_server: NatsServer) -> None:
    async with bus_on(sqlite_url, own_nats_server) as bus, bus.publishing():
        async with bus.consuming(write_note):
            await bus.announce(["a"])
            await bus.until_notes(1)
        await bus.announce(["b", "c"])
        async with bus.consuming(write_note):
            assert await bus.until_notes(3) == ["a", "b", "c"]


@pytest.mark.asyncio
async def test_an_event_sent_twice_is_handled_once(sqlite_url: str, own_nats_server: NatsServer) -> None:
    async with bus_on(sqlite_url, own_nats_server) as bus:
        js = bus.connection.jetstream()
        event = Event("e-1", SUBJECT, "/malapert/planner", utc_now(), "a", "jaxa", Visibility.PUBLIC, b"")
        twice = event.headers()
        await js.publish(SUBJECT, b"", headers=twice)
        assert (await js.publish(SUBJECT, b"", headers=twice)).duplicate
        # Past the stream's window the broker knows no repetition any more: the inbox does.
        await js.publish(SUBJECT, b"", headers=twice | {"Nats-Msg-Id": "other"})
        async with bus.publishing(), bus.consuming(write_note):
            await bus.announce(["last"])
            assert await bus.until_notes(2) == ["", "last"]


@pytest.mark.asyncio
async def test_a_failing_handler_is_tried_again_and_leaves_nothing_behind(
    sqlite_url: str, own_nats_server: NatsServer
) -> None:
    tries = 0

    async def third_time_lucky(event: Event, session: AsyncSession) -> None:
        nonlocal tries
        tries += 1
        await write_note(event, session)
        await session.flush()
        if tries < 3:
            raise RuntimeError("not yet")

    async with bus_on(sqlite_url, own_nats_server) as bus, bus.publishing(), bus.consuming(third_time_lucky):
        await bus.announce(["a"])
        assert await bus.until_notes(1) == ["a"]
    assert tries == 3


@pytest.mark.parametrize(
    ("error", "expected_tries", "reason"),
    [(RuntimeError("broken"), 3, "INTERNAL"), (InvalidInputError("BAD_PLAN", "hopeless"), 1, "BAD_PLAN")],
)
@pytest.mark.asyncio
async def test_a_hopeless_event_becomes_a_dead_letter_and_blocks_nobody(
    sqlite_url: str, own_nats_server: NatsServer, error: Exception, expected_tries: int, reason: str
) -> None:
    tries = 0

    async def handle(event: Event, session: AsyncSession) -> None:
        nonlocal tries
        if event.entity_id == "poison":
            tries += 1
            raise error
        await write_note(event, session)

    async with bus_on(sqlite_url, own_nats_server) as bus, bus.publishing(), bus.consuming(handle, max_deliver=3):
        event_id, _ = await bus.announce(["poison", "good"])
        assert await bus.until_notes(1) == ["good"]
        js = bus.connection.jetstream()
        letters = await js.subscribe("malapert.dead_letter.v1.notes", stream=DEAD_LETTER_STREAM)
        letter = await letters.next_msg(timeout=10)
        await bus.announce(["later"])
        assert await bus.until_notes(2) == ["good", "later"]
    assert tries == expected_tries
    assert letter.headers is not None
    assert letter.headers["ce-id"] == event_id
    assert letter.headers["malapert-original-subject"] == SUBJECT
    assert letter.headers["malapert-reason"] == reason
    assert event_pb2.PlanReleased.FromString(letter.data).plan.plan_id == "poison"


@pytest.mark.asyncio
async def test_the_message_is_a_cloud_event_in_binary_mode(sqlite_url: str, own_nats_server: NatsServer) -> None:
    telemetry = Telemetry("test")
    async with bus_on(sqlite_url, own_nats_server) as bus:
        with telemetry.tracer.start_as_current_span("decision") as span:
            (event_id,) = await bus.announce(["a"])
        assert await bus.publisher.publish_pending() == 1
        assert await bus.publisher.publish_pending() == 0
        js = bus.connection.jetstream()
        message = await js.get_msg(stream_of(SUBJECT), 1)
    telemetry.close()
    headers = dict(message.headers or {})
    assert Event.of(headers, message.data or b"").time.utcoffset() is not None
    del headers["ce-time"]
    cause = span.get_span_context()
    # CloudEvents 1.0, NATS protocol binding, section 3.1: attributes as headers with the prefix ce-.
    assert headers == {
        "ce-id": event_id,
        "ce-source": "/malapert/planner",
        "ce-specversion": "1.0",
        "ce-type": SUBJECT,
        "ce-subject": "a",
        "ce-agencyid": "jaxa",
        "ce-visibility": "mission",
        "content-type": "application/protobuf",
        "Nats-Msg-Id": event_id,
        "traceparent": f"00-{cause.trace_id:032x}-{cause.span_id:016x}-{cause.trace_flags:02x}",
    }


@pytest.mark.asyncio
async def test_an_event_of_an_undone_change_is_not_published(sqlite_url: str, own_nats_server: NatsServer) -> None:
    async with bus_on(sqlite_url, own_nats_server) as bus:

        async def undone() -> None:
            async with bus.database.transaction() as session:
                bus.outbox.add(session, released("x"), entity_id="x")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await undone()
        assert await bus.publisher.publish_pending() == 0


@pytest.mark.asyncio
async def test_a_broker_that_comes_late_is_waited_for(own_nats_server: NatsServer) -> None:
    own_nats_server.stop()
    connecting = asyncio.create_task(connect_nats(own_nats_server.url, name="test", reconnect_wait_s=0.05))
    await asyncio.sleep(0)
    own_nats_server.start()
    connection = await asyncio.wait_for(connecting, 10)
    await ensure_streams(connection.jetstream())
    await ensure_streams(connection.jetstream())
    await connection.close()


def test_a_message_that_is_no_event_tells_all_its_faults() -> None:
    with pytest.raises(InvalidInputError) as caught:
        Event.of({"ce-id": "1", "ce-type": SUBJECT}, b"")
    assert [fault.path for fault in caught.value.faults] == [
        "ce-source",
        "ce-specversion",
        "ce-time",
        "ce-visibility",
    ]
