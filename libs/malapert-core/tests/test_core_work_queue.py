"""Jobs on a work queue: done once, by priority, by whoever is there; nothing is lost whoever dies."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from malapert_core.attempts import MAX_ATTEMPTS
from malapert_core.background import background
from malapert_core.errors import (
    ExhaustedError,
    Fault,
    InvalidInputError,
    MalapertError,
    OperationCancelledError,
    WorkLostError,
)
from malapert_core.events.broker import connect_nats
from malapert_core.jobs.queue import Job, Priority, WorkQueue
from malapert_core.jobs.submission import JobSubmitter
from malapert_core.jobs.worker import JobWorker, Tell
from malapert_testing.nats_server import NatsServer

PATIENCE_S = 1.0


class Hands:
    """Does jobs: returns the request reversed, once it may."""

    def __init__(self) -> None:
        self.begun: list[bytes] = []
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.failures: list[MalapertError] = []

    async def perform(self, kind: str, request: bytes, tell: Tell, unwanted: asyncio.Event) -> bytes:
        self.begun.append(request)
        tell(kind.encode())
        waits = [asyncio.create_task(event.wait()) for event in (self.may_end, unwanted)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if unwanted.is_set():
            raise OperationCancelledError
        if self.failures:
            raise self.failures.pop()
        return request[::-1]


@asynccontextmanager
async def queue_at(url: str, most_jobs: int = 100) -> AsyncIterator[WorkQueue]:
    connection = await connect_nats(url, name="test", reconnect_wait_s=0.05)
    try:
        yield WorkQueue(connection, "test", most_jobs=most_jobs)
    finally:
        await connection.close()


@asynccontextmanager
async def worker_at(url: str, hands: Hands, slots: int = 1) -> AsyncIterator[None]:
    async with queue_at(url) as queue:
        worker = JobWorker(queue, hands.perform, slots=slots, patience_s=PATIENCE_S)
        async with background(worker.run()):
            yield


def job_of(request: bytes, priority: Priority = Priority.ROUTINE) -> Job:
    return Job(f"job-{request.decode()}", "reverse", priority, request)


def ask(
    queue: WorkQueue,
    job: Job,
    on_progress: Callable[[bytes], None] = lambda _news: None,
    cancelled: asyncio.Event | None = None,
    *,
    left_on_stop: bool = False,
) -> asyncio.Task[bytes]:
    run = JobSubmitter(queue).run(job, on_progress=on_progress, cancelled=cancelled, left_on_stop=left_on_stop)
    return asyncio.create_task(run)


async def until(fulfilled: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not fulfilled():
            await asyncio.sleep(0.01)


@pytest.mark.asyncio
async def test_a_job_is_done_and_tells_how_far_it_is(nats_server: str) -> None:
    hands, told = Hands(), list[bytes]()
    async with queue_at(nats_server) as queue, worker_at(nats_server, hands):
        assert await ask(queue, job_of(b"abc"), told.append) == b"cba"
        assert told == [b"reverse"]
        assert await queue.sequence_of(job_of(b"abc")) is None
        assert await queue.outcome_of("job-abc") is None  # taken, so dropped


@pytest.mark.asyncio
async def test_a_request_far_above_a_message_s_size_arrives_whole(nats_server: str) -> None:
    large = bytes(range(256)) * 20_000
    async with queue_at(nats_server) as queue, worker_at(nats_server, Hands()):
        assert await ask(queue, Job("large", "reverse", Priority.ROUTINE, large)) == large[::-1]


@pytest.mark.asyncio
async def test_an_error_of_the_work_crosses_the_queue_whole(nats_server: str) -> None:
    hands = Hands()
    fault = Fault("value", "TOO_LARGE", "at most 3")
    hands.failures = [InvalidInputError("INVALID_WORK", "no", metadata={"a": "b"}, faults=[fault])]
    async with queue_at(nats_server) as queue, worker_at(nats_server, hands):
        with pytest.raises(InvalidInputError) as caught:
            await ask(queue, job_of(b"abc"))
    assert (caught.value.reason, caught.value.metadata, caught.value.faults) == ("INVALID_WORK", {"a": "b"}, (fault,))


@pytest.mark.asyncio
async def test_what_is_more_urgent_is_done_first(nats_server: str) -> None:
    hands = Hands()
    hands.may_end.clear()
    async with queue_at(nats_server) as queue:
        asked = [ask(queue, job_of(priority.encode(), priority)) for priority in reversed(Priority)]
        asked.append(ask(queue, job_of(b"second", Priority.ROUTINE)))
        for name in (*Priority, "second"):
            priority = Priority.ROUTINE if name == "second" else Priority(name)
            while await queue.sequence_of(job_of(name.encode(), priority)) is None:
                await asyncio.sleep(0.01)
        async with worker_at(nats_server, hands):
            # One slot takes whatever comes first; the other is kept for those who wait for an answer.
            await until(lambda: len(hands.begun) == 2)
            hands.may_end.set()
            await asyncio.gather(*asked)
    assert set(hands.begun[:2]) == {b"interactive", b"urgent"}
    assert hands.begun[-1] == b"background"


@pytest.mark.asyncio
async def test_whoever_waits_for_an_answer_does_not_wait_for_long_work(nats_server: str) -> None:
    hands, quick = Hands(), Hands()
    hands.may_end.clear()

    async def perform(kind: str, request: bytes, tell: Tell, unwanted: asyncio.Event) -> bytes:
        return await (hands if request == b"long" else quick).perform(kind, request, tell, unwanted)

    async with queue_at(nats_server) as queue:
        worker = JobWorker(queue, perform, slots=1, patience_s=PATIENCE_S)
        async with background(worker.run()):
            long = ask(queue, job_of(b"long"))
            await until(lambda: hands.begun == [b"long"])
            assert await ask(queue, job_of(b"why", Priority.INTERACTIVE)) == b"yhw"
            later = ask(queue, job_of(b"later"))
            await asyncio.sleep(2 * PATIENCE_S)
            assert not later.done()
            hands.may_end.set()
            assert await asyncio.gather(long, later) == [b"gnol", b"retal"]
    assert hands.begun == [b"long"]  # beyond its patience the broker gave it to nobody else


@pytest.mark.asyncio
async def test_a_job_is_withdrawn_while_it_waits_and_while_it_is_at_work(nats_server: str) -> None:
    hands, cancelled = Hands(), asyncio.Event()
    hands.may_end.clear()
    async with queue_at(nats_server) as queue, worker_at(nats_server, hands):
        at_work = ask(queue, job_of(b"one"), cancelled=cancelled)
        await until(lambda: hands.begun == [b"one"])
        waiting = ask(queue, job_of(b"two"), cancelled=cancelled)
        await asyncio.sleep(0.3)
        cancelled.set()
        for task in (at_work, waiting):
            with pytest.raises(OperationCancelledError):
                await task
        hands.may_end.set()
        assert await ask(queue, job_of(b"three")) == b"eerht"
        assert [await queue.sequence_of(job_of(name)) for name in (b"one", b"two")] == [None, None]
    assert hands.begun == [b"one", b"three"]


@pytest.mark.asyncio
async def test_a_job_that_nobody_wants_stops_even_where_the_word_was_lost(nats_server: str) -> None:
    hands = Hands()
    hands.may_end.clear()
    async with queue_at(nats_server) as queue, worker_at(nats_server, hands):
        asked = ask(queue, job_of(b"one"), left_on_stop=True)
        await until(lambda: hands.begun == [b"one"])
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        sequence = await queue.sequence_of(job_of(b"one"))
        assert sequence is not None
        await queue.connection.jetstream().delete_msg(queue.stream, sequence)  # as withdrawn, without a word
        after = ask(queue, job_of(b"two"))
        await until(lambda: hands.begun == [b"one", b"two"])  # the only slot is free
        hands.may_end.set()
        assert await after == b"owt"


@pytest.mark.asyncio
async def test_the_same_job_asked_for_twice_is_done_once(nats_server: str) -> None:
    hands = Hands()
    hands.may_end.clear()
    async with queue_at(nats_server) as queue, worker_at(nats_server, hands, slots=2):
        first = ask(queue, job_of(b"abc"), left_on_stop=True)
        await until(lambda: hands.begun == [b"abc"])
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        again = ask(queue, job_of(b"abc"))
        await asyncio.sleep(0.3)
        hands.may_end.set()
        assert await again == b"cba"
    assert hands.begun == [b"abc"]


@pytest.mark.asyncio
async def test_a_worker_that_stops_gives_its_job_on_at_once(nats_server: str) -> None:
    leaving, staying = Hands(), Hands()
    leaving.may_end.clear()
    async with queue_at(nats_server) as queue:
        async with worker_at(nats_server, leaving):
            asked = ask(queue, job_of(b"abc"))
            await until(lambda: leaving.begun == [b"abc"])
        async with worker_at(nats_server, staying):
            assert await asked == b"cba"


@pytest.mark.asyncio
async def test_a_job_whose_process_dies_is_begun_again_until_it_is_hopeless(nats_server: str) -> None:
    hands = Hands()
    hands.failures = [WorkLostError("WORKER_FAILED", "it died")]
    async with queue_at(nats_server) as queue, worker_at(nats_server, hands):
        assert await ask(queue, job_of(b"abc")) == b"cba"
        assert hands.begun == [b"abc"] * 2
        hands.begun.clear()
        hands.failures = [WorkLostError("WORKER_FAILED", "it died") for _ in range(MAX_ATTEMPTS)]
        with pytest.raises(MalapertError, match="WORKER_FAILED"):
            await ask(queue, job_of(b"xyz"))
    assert hands.begun == [b"xyz"] * MAX_ATTEMPTS


@pytest.mark.asyncio
async def test_a_broker_that_is_killed_and_comes_back_loses_no_job(own_nats_server: NatsServer) -> None:
    hands = Hands()
    hands.may_end.clear()
    async with queue_at(own_nats_server.url) as queue, worker_at(own_nats_server.url, hands):
        asked = [ask(queue, job_of(name)) for name in (b"one", b"two")]
        await until(lambda: len(hands.begun) == 1)
        own_nats_server.kill()
        await asyncio.sleep(0.3)
        own_nats_server.start()
        hands.may_end.set()
        assert await asyncio.wait_for(asyncio.gather(*asked), 30) == [b"eno", b"owt"]


@pytest.mark.asyncio
async def test_a_full_queue_refuses_and_keeps_what_it_holds(nats_server: str) -> None:
    async with queue_at(nats_server, most_jobs=1) as queue:
        await queue.ensure()
        held = ask(queue, job_of(b"one"))
        while await queue.sequence_of(job_of(b"one")) is None:
            await asyncio.sleep(0.01)
        with pytest.raises(ExhaustedError) as caught:
            await ask(queue, job_of(b"two"))
        assert caught.value.reason == "JOB_QUEUE_FULL"
        worker = JobWorker(queue, Hands().perform, slots=1)
        async with background(worker.run()):
            assert await held == b"eno"


@pytest.mark.asyncio
async def test_agencies_are_served_in_turn_whatever_the_order_of_asking(nats_server: str) -> None:
    hands = Hands()
    hands.may_end.clear()
    async with queue_at(nats_server) as queue:
        flood = [
            ask(queue, Job(f"flood-{number}", "reverse", Priority.URGENT, b"flood", "OUT SIDER")) for number in range(8)
        ]
        async with worker_at(nats_server, hands):
            await until(lambda: len(hands.begun) >= 1)
            own = ask(queue, Job("own", "reverse", Priority.ROUTINE, b"own", "JAXA"))
            while await queue.sequence_of(Job("own", "reverse", Priority.ROUTINE, b"own", "JAXA")) is None:
                await asyncio.sleep(0.01)
            hands.may_end.set()
            await asyncio.gather(*flood, own)
    # One or two were at work; the slot that is kept for urgent work may take a further one meanwhile.
    assert hands.begun.index(b"own") <= 4
    assert hands.begun.count(b"flood") == 8
