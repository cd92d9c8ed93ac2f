"""The broker's users in containers may do what they need and no more: deploy/nats/nats.conf on a real server."""

import asyncio
import os
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from malapert_core.background import background
from malapert_core.events.broker import connect_nats, ensure_streams
from malapert_core.jobs.queue import Job, Priority, WorkQueue
from malapert_core.jobs.submission import JobSubmitter
from malapert_core.jobs.worker import JobWorker, Tell
from malapert_testing.nats_server import free_port, nats_server_binary
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "nats" / "nats.conf"


@pytest.fixture
def broker_port(tmp_path: Path) -> Iterator[int]:
    """Run the configuration of the containers on a free loopback port; every password is ``p``."""
    text = CONFIGURATION.read_text().replace("http: 8222\n", "")
    text = text.replace("/data/jetstream", str(tmp_path / "jetstream"))
    names = set(re.findall(r"\$(NATS_\w+)", text))
    path, port = tmp_path / "nats.conf", free_port()
    path.write_text(text)
    process = subprocess.Popen(
        [nats_server_binary(), "-c", str(path), "-a", "127.0.0.1", "-p", str(port)],
        env={**os.environ, **dict.fromkeys(names, "p")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield port
    process.terminate()
    process.wait(20)


@asynccontextmanager
async def user(name: str, port: int) -> AsyncIterator[Client]:
    client = {"solver": "malapert-planner-worker"}.get(name, f"malapert-{name}")
    connection = await connect_nats(f"nats://{name}:p@127.0.0.1:{port}", name=client)
    try:
        yield connection
    finally:
        await connection.close()


async def reverse(_kind: str, request: bytes, tell: Tell, _unwanted: asyncio.Event) -> bytes:
    tell(b"half")
    return request[::-1]


@pytest.mark.asyncio
async def test_a_worker_that_may_do_nothing_else_does_the_planner_s_jobs(broker_port: int) -> None:
    told: list[bytes] = []
    async with user("planner", broker_port) as planner, user("solver", broker_port) as solver:
        await ensure_streams(planner.jetstream())
        worker = JobWorker(WorkQueue(solver, "planner"), reverse, slots=1)
        async with background(worker.run()):
            large = bytes(range(256)) * 4000
            job = Job("a", "reverse", Priority.ROUTINE, large)
            outcome = JobSubmitter(WorkQueue(planner, "planner")).run(job, on_progress=told.append)
            assert await asyncio.wait_for(outcome, 20) == large[::-1]
    assert told == [b"half"]


@pytest.mark.asyncio
async def test_a_worker_reads_no_event_and_makes_none_and_no_job(broker_port: int) -> None:
    async with user("planner", broker_port) as planner, user("solver", broker_port) as solver:
        await ensure_streams(planner.jetstream())
        queue = WorkQueue(planner, "planner")
        await queue.ensure()
        await planner.jetstream().publish("malapert.planner.v1.plan.released", b"x")
        denied = solver.jetstream(timeout=0.5)
        for attempt in (
            denied.publish("malapert.planner.v1.plan.released", b"forged"),
            denied.publish(queue.jobs_subject(Priority.URGENT, "JAXA", "forged"), b""),
            denied.get_last_msg("MALAPERT_PLANNER", "malapert.planner.v1.plan.released"),
            denied.delete_stream(queue.stream),
            denied.delete_msg(queue.stream, 1),
        ):
            with pytest.raises((NatsError, TimeoutError)):
                await attempt
        info = await planner.jetstream().stream_info("MALAPERT_PLANNER")
        assert info.state.messages == 1


@pytest.mark.asyncio
async def test_nobody_reads_answers_that_are_meant_for_others(broker_port: int) -> None:
    async with user("planner", broker_port) as planner, user("solver", broker_port) as solver:
        heard: list[bytes] = []

        async def hear(message: Msg) -> None:
            heard.append(message.data)

        for subject in ("_INBOX.>", "_INBOX.malapert-planner.>"):
            await solver.subscribe(subject, cb=hear)
        await solver.flush()
        await ensure_streams(planner.jetstream())
        assert (await planner.jetstream().account_info()).streams >= 1
        await solver.flush()
    assert heard == []


@pytest.mark.asyncio
async def test_a_service_publishes_the_events_of_its_own_area_alone(broker_port: int) -> None:
    async with user("planner", broker_port) as planner, user("payload", broker_port) as payload:
        await ensure_streams(planner.jetstream())
        await payload.jetstream().publish("malapert.payload.v1.request.submitted", b"x")
        with pytest.raises((NatsError, TimeoutError)):
            await payload.jetstream(timeout=0.5).publish("malapert.planner.v1.plan.released", b"forged")
