"""Worker of a work queue: takes jobs of the owners in turn, of each by priority, a bounded number at once, and hands
them on where this process ends."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress

import structlog
from nats.aio.msg import Msg
from nats.errors import ConnectionClosedError
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig
from opentelemetry import trace

from malapert_core.attempts import MAX_ATTEMPTS
from malapert_core.background import end_tasks, together, wait_at_most
from malapert_core.errors import MalapertError, OperationCancelledError, WorkLostError
from malapert_core.fairness.turns import Turns
from malapert_core.jobs.queue import KIND_HEADER, Priority, WorkQueue
from malapert_core.metric_names import JOB_DURATION_S, JOBS_ENDED, JOBS_RUNNING
from malapert_core.telemetry import extract_trace

log = structlog.get_logger(__name__)

PROMPT = (Priority.INTERACTIVE, Priority.URGENT)
_BEATS_IN_PATIENCE = 4
_LOOK_INTERVAL_S = 1.0
_FETCH_TIMEOUT_S = 0.05
_CONSUMER_KEPT_S = 86_400.0
_RANKS = {priority: rank for rank, priority in enumerate(Priority)}

Tell = Callable[[bytes], None]
Perform = Callable[[str, bytes, Tell, asyncio.Event], Awaitable[bytes]]
"""Does a job: takes its kind, its request, what tells of progress, and what is set once nobody wants it any more.

Raises `WorkLostError` where the work died and may succeed when it is begun again.
"""


class JobWorker:
    """Takes jobs and does them.

    Parameters
    ----------
    queue : WorkQueue
    perform : Perform
    slots : int
        How many jobs of any priority are at work at once. One more slot is kept for the two highest, so that whoever
        waits for an answer does not wait for a long solve.
    patience_s : float
        How long after a worker's last sign of life its job is given to another, seconds.
    tracer : opentelemetry.trace.Tracer, optional
    """

    def __init__(
        self,
        queue: WorkQueue,
        perform: Perform,
        *,
        slots: int,
        patience_s: float = 12.0,
        tracer: trace.Tracer | None = None,
    ) -> None:
        self._patience_s = patience_s
        self._queue = queue
        self._perform = perform
        self._js = queue.connection.jetstream(timeout=5.0)
        self._taken_by = [*[tuple(Priority)] * slots, PROMPT]
        self._wakes = [asyncio.Event() for _ in self._taken_by]
        self._turns = Turns()
        self._tracer = tracer or trace.NoOpTracer()

    async def run(self) -> None:
        """Do jobs until cancelled; what is at work then is given back."""

        async def added(_message: Msg) -> None:
            for wake in self._wakes:
                wake.set()

        subscription = await self._queue.connection.subscribe(self._queue.added_subject, cb=added)
        try:
            await together(*(self._work(taken, wake) for taken, wake in zip(self._taken_by, self._wakes, strict=True)))
        finally:
            with suppress(NatsError):
                await subscription.unsubscribe()

    async def _work(self, priorities: Sequence[Priority], wake: asyncio.Event) -> None:
        pause_s = 0.1
        while True:
            try:
                async with AsyncExitStack() as stack:
                    takers = _Takers(self._queue, self._js, self._patience_s, stack)
                    while True:
                        wake.clear()
                        message = await self._next(takers, priorities)
                        pause_s = 0.1
                        if message is None:
                            await wait_at_most(wake, _LOOK_INTERVAL_S)
                        else:
                            await self._handle(message)
            except ConnectionClosedError:
                return
            except Exception as error:
                log.warning("worker looks for jobs again", error=repr(error), retry_in_s=pause_s)
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, 5.0)

    async def _next(self, takers: "_Takers", priorities: Sequence[Priority]) -> Msg | None:
        """Take the next job: of the owners in turn, of each its most urgent."""
        held = {
            owner: [priority for priority in priorities if priority in found]
            for owner, found in (await self._queue.held()).items()
        }
        running, waiting = Counter[str](), dict[str, list[Priority]]()
        for owner, wanted in held.items():
            for priority in wanted:
                at_work, pending = await takers.counts(priority, owner)
                running[owner] += at_work
                if pending:
                    waiting.setdefault(owner, []).append(priority)
        ranks = {owner: _RANKS[found[0]] for owner, found in waiting.items()}
        for owner in self._turns.in_order(ranks, running):
            for priority in waiting[owner]:
                message = await takers.take(priority, owner)
                if message is not None:
                    self._turns.served(owner, ranks, running)
                    return message
        # What was given back, or was left by a worker that died, counts as being at work until it is taken again.
        for owner, wanted in held.items():
            for priority in wanted:
                message = await takers.take(priority, owner)
                if message is not None:
                    return message
        return None

    async def _handle(self, message: Msg) -> None:
        kind = (message.headers or {}).get(KIND_HEADER, "")
        job_id = message.subject.rsplit(".", 1)[1]
        attempt = message.metadata.num_delivered or 1
        log.info("job began", job_id=job_id, kind=kind, attempt=attempt)
        JOBS_RUNNING.labels(self._queue.area).inc()
        began_s = time.perf_counter()
        try:
            with self._tracer.start_as_current_span(f"job {kind}", context=extract_trace(message.headers or {})):
                end = await self._do(message, job_id, kind, attempt)
        except asyncio.CancelledError:
            # Another worker need not wait until the broker finds out.
            with suppress(NatsError):
                await message.nak()
            raise
        finally:
            JOBS_RUNNING.labels(self._queue.area).dec()
        JOBS_ENDED.labels(self._queue.area, kind, end).inc()
        JOB_DURATION_S.labels(self._queue.area, kind).observe(time.perf_counter() - began_s)
        log.info("job ended", job_id=job_id, kind=kind, end=end)

    async def _do(self, message: Msg, job_id: str, kind: str, attempt: int) -> str:
        request = await self._queue.request_of(job_id)
        if request is None or (attempt > 1 and await self._queue.outcome_of(job_id) is not None):
            await message.term()
            return "withdrawn" if request is None else "done"
        try:
            outcome = await self._outcome(message, job_id, kind, request, attempt)
        except OperationCancelledError:
            await message.term()
            return "withdrawn"
        except WorkLostError:
            await message.nak()
            return "lost"
        await self._queue.store_outcome(job_id, outcome)
        await message.ack_sync()
        await self._queue.connection.publish(self._queue.news_subject(job_id))
        return "failed" if isinstance(outcome, MalapertError) else "done"

    async def _outcome(
        self, message: Msg, job_id: str, kind: str, request: bytes, attempt: int
    ) -> bytes | MalapertError:
        """Return what came of a job; raise where it is not wanted, or was lost and may be begun again."""
        if attempt > MAX_ATTEMPTS:
            # Only workers that died with all they had leave such a job behind.
            return WorkLostError("WORKER_FAILED", f"workers died {MAX_ATTEMPTS} times during this work")
        try:
            return await self._performed(message, job_id, kind, request)
        except OperationCancelledError:
            raise
        except WorkLostError as error:
            if attempt < MAX_ATTEMPTS:
                raise
            return error
        except MalapertError as error:
            return error

    async def _performed(self, message: Msg, job_id: str, kind: str, request: bytes) -> bytes:
        unwanted = asyncio.Event()

        async def stop(_message: Msg) -> None:
            unwanted.set()

        loop = asyncio.get_running_loop()
        telling: set[asyncio.Task[None]] = set()

        def tell(news: bytes) -> None:
            task = loop.create_task(self._queue.connection.publish(self._queue.news_subject(job_id), news))
            telling.add(task)
            task.add_done_callback(telling.discard)

        subscription = await self._queue.connection.subscribe(self._queue.stop_subject(job_id), cb=stop)
        beating = asyncio.create_task(self._beat(message, unwanted))
        try:
            return await self._perform(kind, request, tell, unwanted)
        finally:
            await end_tasks([beating])
            await asyncio.gather(*telling, return_exceptions=True)
            with suppress(NatsError):
                await subscription.unsubscribe()

    async def _beat(self, message: Msg, unwanted: asyncio.Event) -> None:
        """Keep the broker from giving the job to another worker, and see whether it is still wanted."""
        while not unwanted.is_set():
            await asyncio.sleep(self._patience_s / _BEATS_IN_PATIENCE)
            with suppress(NatsError):
                await message.in_progress()
            if not await self._queue.holds(message.metadata.sequence.stream):
                unwanted.set()


class _Takers:
    """Consumers of one slot: one for each priority of each owner."""

    def __init__(self, queue: WorkQueue, js: JetStreamContext, patience_s: float, stack: AsyncExitStack) -> None:
        self._queue = queue
        self._js = js
        self._patience_s = patience_s
        self._stack = stack
        self._pulls: dict[str, JetStreamContext.PullSubscription] = {}

    async def counts(self, priority: Priority, owner: str) -> tuple[int, int]:
        """Return how many jobs are at work and how many wait."""
        info = await (await self._pull(priority, owner)).consumer_info()
        return info.num_ack_pending or 0, info.num_pending or 0

    async def take(self, priority: Priority, owner: str) -> Msg | None:
        """Return a job, or None where there is none to be taken."""
        pull = await self._pull(priority, owner)
        with suppress(TimeoutError):
            return (await pull.fetch(1, timeout=_FETCH_TIMEOUT_S))[0]
        return None

    async def _pull(self, priority: Priority, owner: str) -> JetStreamContext.PullSubscription:
        name = f"workers-{priority}-{owner}"
        if name not in self._pulls:
            config = ConsumerConfig(
                durable_name=name,
                ack_policy=AckPolicy.EXPLICIT,
                ack_wait=self._patience_s,
                max_deliver=-1,
                filter_subject=self._queue.jobs_subject(priority, owner),
                inactive_threshold=_CONSUMER_KEPT_S,
            )
            await self._js.add_consumer(self._queue.stream, config)
            pull = await self._js.pull_subscribe_bind(consumer=name, stream=self._queue.stream)
            self._stack.push_async_callback(_ended, pull)
            self._pulls[name] = pull
        return self._pulls[name]


async def _ended(pull: JetStreamContext.PullSubscription) -> None:
    with suppress(NatsError):
        await pull.unsubscribe()
