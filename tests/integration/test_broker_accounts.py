"""The broker's users may do what they need and no more: the embedded configuration and deploy/ on a real server."""

import ast
import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from malapert_cli.embedded import plan_embedded
from malapert_core.background import background
from malapert_core.events.broker import connect_nats, ensure_streams
from malapert_core.events.rights import FOLLOWED, JOBS_STREAM, SETUP, SOLVER, USERS, client_name
from malapert_core.events.streams import AREAS, DEAD_LETTER_STREAM, stream_of
from malapert_core.jobs.queue import Job, Priority, WorkQueue
from malapert_core.jobs.submission import JobSubmitter
from malapert_core.jobs.worker import JobWorker, Tell
from malapert_testing.nats_server import free_port, nats_server_binary
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.api import ConsumerConfig, StreamConfig, StreamSource

REPOSITORY = Path(__file__).parents[2]
CONFIGURATION = REPOSITORY / "deploy" / "nats" / "nats.conf"
STREAMS = {area: stream_of(f"malapert.{area}.v1") for area in AREAS}
DENIED_S = 0.3


class Broker:
    """A broker with the platform's users, and their passwords."""

    def __init__(self, port: int, passwords: dict[str, str]) -> None:
        self.port = port
        self.passwords = passwords

    @asynccontextmanager
    async def user(self, name: str) -> AsyncIterator[Client]:
        url = f"nats://{name}:{self.passwords[name]}@127.0.0.1:{self.port}"
        connection = await connect_nats(url, name=client_name(name))
        try:
            yield connection
        finally:
            await connection.close()


@pytest.fixture(params=["deploy", "embedded"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    """Run the configuration of the containers, and that of `malapert up`, on a free loopback port."""
    port, directory = free_port(), tmp_path / "nats"
    directory.mkdir()
    if request.param == "deploy":
        text = CONFIGURATION.read_text().replace("/data/jetstream", str(tmp_path / "jetstream"))
        text = text.replace("127.0.0.1:8222", f"127.0.0.1:{free_port()}")
        (directory / "tls.conf").touch()
        passwords = dict.fromkeys(USERS, "p")
    else:
        plan_embedded(tmp_path, 0)
        text = (tmp_path / "nats.conf").read_text()
        text = json.dumps({**json.loads(text), "port": port})
        passwords = {user: (tmp_path / "nats-users" / f"{user}.secret").read_text() for user in USERS}
    (directory / "nats.conf").write_text(text)
    process = subprocess.Popen(
        [nats_server_binary(), "-c", "nats.conf", "-a", "127.0.0.1", "-p", str(port)],
        env={**os.environ, **dict.fromkeys(re.findall(r"\$(NATS_\w+)", text), "p")},
        cwd=directory,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield Broker(port, passwords)
    process.terminate()
    process.wait(20)


async def reverse(_kind: str, request: bytes, tell: Tell, _unwanted: asyncio.Event) -> bytes:
    tell(b"half")
    return request[::-1]


async def denied(connection: Client, subject: str, payload: object = None) -> bool:
    """Tell whether nobody answers what a user asks of the broker."""
    content = b"" if payload is None else json.dumps(payload).encode()
    try:
        await connection.request(subject, content, timeout=DENIED_S)
    except (NatsError, TimeoutError):
        return True
    return False


def consumer(stream: str, **config: object) -> dict[str, object]:
    return {"stream_name": stream, "config": {"ack_policy": "none", "deliver_policy": "all", **config}}


def forbidden_of(user: str) -> Iterator[tuple[str, object]]:
    """Yield subjects on which a user must be heard by nobody, with what it would send."""
    followed = {area for areas in FOLLOWED.get(user, {}).values() for area in areas}
    own = STREAMS.get(user, "")
    for area, stream in STREAMS.items():
        if area != user:
            yield f"malapert.{area}.v1.plan.released", None
            yield f"$JS.API.STREAM.MSG.GET.{stream}", {"seq": 1}
            yield f"$JS.API.DIRECT.GET.{stream}", {"seq": 1}
        if user != "gateway":
            yield f"$JS.API.CONSUMER.CREATE.{stream}", consumer(stream, deliver_subject=f"_INBOX.{client_name(user)}.x")
        yield f"$JS.API.CONSUMER.DURABLE.CREATE.{stream}.spy", consumer(stream, durable_name="spy")
        yield f"$JS.API.CONSUMER.CREATE.{stream}.spy", consumer(stream, name="spy")
        yield (
            f"$JS.API.CONSUMER.CREATE.{stream}.spy.malapert.>",
            consumer(stream, name="spy", filter_subject="malapert.>"),
        )
        if area not in followed:
            yield f"$JS.API.CONSUMER.MSG.NEXT.{stream}.spy", None
        for verb in ("DELETE", "PURGE", "UPDATE", "CREATE", "MSG.DELETE", "SNAPSHOT", "RESTORE"):
            yield f"$JS.API.STREAM.{verb}.{stream}", {"name": stream, "subjects": ["x"], "seq": 1}
    for others, durables in FOLLOWED.items():
        for durable, areas in durables.items() if others != user else ():
            yield f"malapert.dead_letter.v1.{durable}", None
            for stream in map(STREAMS.__getitem__, areas):
                yield f"$JS.API.CONSUMER.DELETE.{stream}.{durable}", None
                yield f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{durable}", None
                yield f"$JS.ACK.{stream}.{durable}.1.1.1.1.0", None
    for name in (DEAD_LETTER_STREAM, "SPY"):
        mirror = StreamConfig(name=name, sources=[StreamSource(name=STREAMS["planner"])]).as_dict()
        yield f"$JS.API.STREAM.CREATE.{name}", mirror
        yield f"$JS.API.STREAM.DELETE.{name}", None
        yield f"$JS.API.STREAM.MSG.GET.{name}", {"seq": 1}
    yield "malapert.dead_letter.v1.anything", None
    yield "$JS.API.INFO", None
    yield "$JS.API.STREAM.LIST", None
    yield "$SYS.REQ.USER.INFO.x", None
    if user not in ("planner", SOLVER):
        yield "$JS.API.STREAM.NAMES", None
        yield f"$JS.API.STREAM.MSG.GET.{JOBS_STREAM}", {"seq": 1}
        yield "$O.malapert-planner-jobs.C.x", None
    if user != "planner":
        yield "malapert_job.planner.v1.urgent.JAXA.forged", None
    assert own or user in ("gateway", SOLVER)


@pytest.mark.asyncio
@pytest.mark.parametrize("user", [user for user in USERS if user != SETUP])
async def test_each_forbidden_thing_is_heard_by_nobody(broker: Broker, user: str) -> None:
    async with broker.user(SETUP) as setup, broker.user(user) as connection:
        await ensure_streams(setup.jetstream())
        asked = list(forbidden_of(user))
        answers = await asyncio.gather(*(denied(connection, subject, payload) for subject, payload in asked))
        heard = [subject for (subject, _), is_denied in zip(asked, answers, strict=True) if not is_denied]
        assert heard == []
        for name in (*STREAMS.values(), DEAD_LETTER_STREAM):
            assert (await setup.jetstream().stream_info(name)).state.messages == 0


@pytest.mark.asyncio
async def test_each_service_tells_its_own_events_and_follows_what_it_follows(broker: Broker) -> None:
    async with broker.user(SETUP) as setup:
        await ensure_streams(setup.jetstream())
        for area in AREAS:
            async with broker.user(area) as connection:
                await connection.jetstream().publish(f"malapert.{area}.v1.thing.done", b"x")
                await connection.jetstream().stream_info(STREAMS[area])
        for user, durables in FOLLOWED.items():
            async with broker.user(user) as connection:
                js = connection.jetstream()
                for durable, areas in durables.items():
                    for area in areas:
                        config = ConsumerConfig(
                            durable_name=durable, filter_subjects=[f"malapert.{area}.v1.thing.done"]
                        )
                        await js.add_consumer(STREAMS[area], config)
                        pulls = await js.pull_subscribe_bind(consumer=durable, stream=STREAMS[area])
                        (message,) = await pulls.fetch(1, timeout=5)
                        await message.ack_sync()
                    await js.publish(f"malapert.dead_letter.v1.{durable}", b"x")


@pytest.mark.asyncio
async def test_the_gateway_reads_every_stream_without_a_trace(broker: Broker) -> None:
    async with broker.user(SETUP) as setup, broker.user("gateway") as gateway:
        await ensure_streams(setup.jetstream())
        for area in AREAS:
            async with broker.user(area) as connection:
                await connection.jetstream().publish(f"malapert.{area}.v1.thing.done", b"x")
            subject, stream = f"malapert.{area}.v1.>", STREAMS[area]
            subscription = await gateway.jetstream().subscribe(subject, stream=stream, ordered_consumer=True)
            assert (await subscription.next_msg(5)).data == b"x"
            await subscription.unsubscribe()


@pytest.mark.asyncio
async def test_a_worker_that_may_do_nothing_else_does_the_planner_s_jobs(broker: Broker) -> None:
    told: list[bytes] = []
    async with broker.user("planner") as planner, broker.user(SOLVER) as solver:
        worker = JobWorker(WorkQueue(solver, "planner"), reverse, slots=1)
        async with background(worker.run()):
            large = bytes(range(256)) * 4000
            job = Job("a", "reverse", Priority.ROUTINE, large)
            outcome = JobSubmitter(WorkQueue(planner, "planner")).run(job, on_progress=told.append)
            assert await asyncio.wait_for(outcome, 20) == large[::-1]
    assert told == [b"half"]


@pytest.mark.asyncio
async def test_nobody_hears_what_is_meant_for_others(broker: Broker) -> None:
    heard: list[bytes] = []

    async def hear(message: Msg) -> None:
        heard.append(message.data)

    spied = (
        ">",
        "_INBOX.>",
        "malapert.>",
        "$JS.>",
        "$O.>",
        "malapert_job.>",
        *(f"_INBOX.{client_name(user)}.>" for user in USERS),
    )
    async with broker.user(SETUP) as setup, broker.user("payload") as spy:
        for subject in spied:
            if subject != f"_INBOX.{client_name('payload')}.>":
                await spy.subscribe(subject, cb=hear)
        await spy.flush()
        await ensure_streams(setup.jetstream())
        async with broker.user("planner") as planner:
            await planner.jetstream().publish("malapert.planner.v1.plan.released", b"x")
            await WorkQueue(planner, "planner").add(Job("a", "k", Priority.ROUTINE, b"r"), {})
        await spy.flush()
    assert heard == []


def test_the_configuration_in_deploy_is_that_of_the_table() -> None:
    script = REPOSITORY / "deploy" / "generate-nats-conf"
    made = subprocess.run([sys.executable, script], capture_output=True, check=True, text=True)
    assert made.stdout == CONFIGURATION.read_text()


def test_every_consumer_of_a_service_has_its_rights() -> None:
    found = set()
    for path in REPOSITORY.glob("services/*/src/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Subscription":
                assert isinstance(node.args[0], ast.Constant)
                found.add((path.relative_to(REPOSITORY).parts[1], node.args[0].value))
    assert found
    assert found <= {(service, durable) for service, durables in FOLLOWED.items() for durable in durables}


def test_monitoring_is_for_the_broker_s_own_host_alone() -> None:
    asked = re.findall(r"^\s*(?:http|https|http_port|monitor_port)\b.*$", CONFIGURATION.read_text(), re.MULTILINE)
    assert asked == ['http: "127.0.0.1:8222"']
    compose = (REPOSITORY / "docker-compose.yml").read_text()
    assert not re.search(r"(4222|8222):|:(4222|8222)\"", compose)
