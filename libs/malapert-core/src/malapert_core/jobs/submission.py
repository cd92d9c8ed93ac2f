"""Client of a work queue: submits a job and waits for its result."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from malapert_core.background import end_tasks
from malapert_core.errors import MalapertError, OperationCancelledError
from malapert_core.jobs.queue import Job, WorkQueue
from malapert_core.telemetry import inject_trace

_LOOK_INTERVAL_S = 2.0
_WITHDRAWAL_TIMEOUT_S = 5.0


class JobSubmitter:
    """Submits jobs and follows them.

    Parameters
    ----------
    queue : WorkQueue
    """

    def __init__(self, queue: WorkQueue) -> None:
        self._queue = queue

    async def run(
        self,
        job: Job,
        *,
        on_progress: Callable[[bytes], None],
        cancelled: asyncio.Event | None = None,
        left_on_stop: bool = False,
    ) -> bytes:
        """Return a job's result; it waits while nobody works or the broker is away.

        Parameters
        ----------
        job
            A job that was asked for before is followed, or its outcome taken.
        on_progress
            Takes what the work tells of itself; some of it may be lost.
        cancelled
            Withdraws the job once it is set.
        left_on_stop
            Whether the job goes on where this task is cancelled, to be asked for again; else it is withdrawn.

        Raises
        ------
        MalapertError
            As the job raised it; ``JOB_QUEUE_FULL`` where there is no room for it.
        OperationCancelledError
            Where it was withdrawn.
        """
        looking = asyncio.Event()

        async def heard(message: Msg) -> None:
            if message.data:
                on_progress(message.data)
            else:
                looking.set()

        subscription = await self._queue.connection.subscribe(self._queue.news_subject(job.job_id), cb=heard)
        try:
            outcome = await self._outcome(job, looking, cancelled or asyncio.Event())
        except asyncio.CancelledError:
            if not left_on_stop:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_WITHDRAWAL_TIMEOUT_S):
                        await self._queue.withdraw(job)
            raise
        finally:
            with suppress(NatsError):
                await subscription.unsubscribe()
        if isinstance(outcome, MalapertError):
            raise outcome
        return outcome

    async def _outcome(self, job: Job, looking: asyncio.Event, cancelled: asyncio.Event) -> bytes | MalapertError:
        headers: dict[str, str] = {}
        inject_trace(headers)
        while not cancelled.is_set():
            looking.clear()
            # In this order: a worker stores the outcome before it takes the job off the queue.
            is_held = await self._queue.sequence_of(job) is not None
            outcome = await self._queue.outcome_of(job.job_id)
            if outcome is not None:
                await self._queue.forget(job.job_id)
                return outcome
            if not is_held:
                await self._queue.add(job, headers)
            await _first_of(looking, cancelled)
        await self._queue.withdraw(job)
        raise OperationCancelledError


async def _first_of(*events: asyncio.Event) -> None:
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=_LOOK_INTERVAL_S, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await end_tasks(waits)
