"""Solver jobs on the planner's work queue: their submission, and their execution in worker processes."""

import asyncio
from collections.abc import Callable
from typing import Any

from malapert_core.errors import ExhaustedError, InternalError
from malapert_core.jobs.queue import Job, Priority, WorkQueue
from malapert_core.jobs.submission import JobSubmitter
from malapert_core.jobs.worker import Perform, Tell
from malapert_core.policy.identity import current_identity
from malapert_core.vocabulary.content_hash import bytes_hash
from malapert_core.vocabulary.identifiers import new_identifier

from malapert_planner.services.jobs.job_messages import JOBS, PROGRESS, arguments_of, do_job, result_of
from malapert_planner.services.jobs.planning_jobs import StageProgress
from malapert_planner.services.jobs.worker_process import WorkerProcesses

AREA = "planner"
_HASH_DIGITS = 16


class SolverJobs:
    """Has solves, replans, checks and explanations done by the workers on the planner's queue.

    Parameters
    ----------
    queue : WorkQueue
    """

    def __init__(self, queue: WorkQueue) -> None:
        self._submitter = JobSubmitter(queue)

    async def run(
        self,
        job: Callable[..., Any],
        *arguments: Any,
        priority: Priority = Priority.INTERACTIVE,
        key: str = "",
        on_progress: Callable[[StageProgress], None] | None = None,
        cancelled: asyncio.Event | None = None,
    ) -> Any:
        """Return what a job of `JOBS` returns for its arguments.

        Parameters
        ----------
        key
            Who asks; the same job asked for again under it, as after a crash, is done once, and goes on where this
            task is cancelled. Without it the job is withdrawn then.

        Raises
        ------
        MalapertError
            As the job raises it; ``WORKER_FAILED`` where it failed unexpectedly or its workers died again and again.
        OperationCancelledError
            Where it was asked to stop.
        """
        kind = job.__name__
        request = arguments_of(job).dump_json(arguments)
        digest = bytes_hash(kind.encode() + request).removeprefix("sha256:")[:_HASH_DIGITS]
        job_id = f"{key}-{digest}" if key else new_identifier()

        def progressed(progress: bytes) -> None:
            if on_progress is not None:
                on_progress(PROGRESS.validate_json(progress))

        identity = current_identity()
        owner = "" if identity is None else identity.agency_id
        result = await self._submitter.run(
            Job(job_id, kind, priority, request, owner),
            on_progress=progressed,
            cancelled=cancelled,
            left_on_stop=bool(key),
        )
        return result_of(job).validate_json(result)[0]


def performer(processes: WorkerProcesses, time_limit_s: float) -> Perform:
    """Return what does the planner's jobs in worker processes, none longer than a limit."""

    async def perform(kind: str, request: bytes, tell: Tell, unwanted: asyncio.Event) -> bytes:
        job = JOBS.get(kind)
        if job is None:
            raise InternalError("UNKNOWN_JOB", f"this worker knows no job {kind!r}; is it of another version?")
        try:
            async with asyncio.timeout(time_limit_s):
                return bytes(
                    await processes.run(
                        do_job,
                        job,
                        request,
                        on_progress=lambda progress: tell(PROGRESS.dump_json(progress)),
                        cancelled=unwanted,
                    )
                )
        except TimeoutError as error:
            message = f"the work took longer than the {time_limit_s:g} s that a worker gives it"
            raise ExhaustedError("JOB_TIME_LIMIT", message) from error

    return perform
