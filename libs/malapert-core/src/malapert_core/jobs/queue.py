"""Queue of jobs on JetStream: submitters and workers meet here, and neither needs the other to be running.

A job is a message on a work queue, which stays until the job is done; its request and its outcome are objects in a
store beside it, for they outgrow a message. What is in the queue is what is still wanted: who withdraws a job takes its
message away. News of the work (progress, its end, a wish to stop) are plain messages that may get lost: both sides also
look.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import TypeVar

import stamina
from nats.aio.client import Client
from nats.errors import ConnectionReconnectingError, NoRespondersError
from nats.js.api import DiscardPolicy, ObjectStoreConfig, RawStreamMsg, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import APIError, BadRequestError, NoStreamResponseError, NotFoundError
from nats.js.errors import Error as JetStreamError
from nats.js.object_store import ObjectStore

from malapert_core.errors import ErrorCategory, ExhaustedError, Fault, MalapertError, restored_error
from malapert_core.events.broker import ensure_stream
from malapert_core.metric_names import JOBS_HELD

KIND_HEADER = "malapert-job-kind"
_MOST_STORED_BYTES = 2 << 30
_STORED_FOR_S = 86_400.0
_TIMEOUT_S = 5.0
_TRANSFER_TIMEOUT_S = 60.0
_RESULT, _ERROR = b"R", b"E"
_STREAM_NOT_FOUND = 10059
_NO_ROOM = 10077
_HELD_ALREADY = "per subject"
_TOKEN = re.compile(r"(?!x-)[A-Za-z0-9_-]{1,40}", re.ASCII)

T = TypeVar("T")


class Priority(StrEnum):
    """Priority of a job, first to last: a caller waits for an answer, urgent, routine, background."""

    INTERACTIVE = "interactive"
    URGENT = "urgent"
    ROUTINE = "routine"
    BACKGROUND = "background"


@dataclass(frozen=True, slots=True)
class Job:
    """Work to do.

    Parameters
    ----------
    job_id
        Letters, digits and ``-``. The same work asked for again under the same identifier is done once.
    kind
        What is to be done with the request.
    priority
    request
        What the work is made from.
    owner
        Agency for which it is done; agencies are served in turn.
    """

    job_id: str
    kind: str
    priority: Priority
    request: bytes
    owner: str = ""


def owner_token(owner: str) -> str:
    """Return an owner as a part of a subject and of a consumer's name."""
    if _TOKEN.fullmatch(owner):
        return owner
    return f"x-{hashlib.sha256(owner.encode()).hexdigest()[:16]}"


class WorkQueue:
    """The jobs of one area.

    Parameters
    ----------
    connection : nats.aio.client.Client
    area : str
        Area of the platform whose jobs these are, such as ``planner``.
    most_jobs : int
        How many jobs may wait or be at work.
    """

    def __init__(self, connection: Client, area: str, *, most_jobs: int = 10_000) -> None:
        self._most_jobs = most_jobs
        self.connection = connection
        self.area = area
        self.stream = f"MALAPERT_{area.upper()}_JOBS"
        self._js = connection.jetstream(timeout=_TIMEOUT_S)
        self._jobs = f"malapert_job.{area}.v1"
        self._news = f"malapert_job_news.{area}.v1"
        self._bucket = f"malapert-{area.replace('_', '-')}-jobs"
        self._objects = ObjectStore(self._bucket, f"OBJ_{self._bucket}", self._js)

    @property
    def added_subject(self) -> str:
        """Subject of the notices of added jobs."""
        return f"{self._news}.added"

    def news_subject(self, job_id: str) -> str:
        """Return where a job's progress is told; an empty message says that its outcome is there."""
        return f"{self._news}.{job_id}.progress"

    def stop_subject(self, job_id: str) -> str:
        """Return where it is said that a job is not wanted any more."""
        return f"{self._news}.{job_id}.stop"

    def jobs_subject(self, priority: Priority, owner: str, job_id: str = "*") -> str:
        """Return the subject of a job, or of all jobs of a priority and an owner, which `owner_token` names."""
        return f"{self._jobs}.{priority}.{owner}.{job_id}"

    def subject_of(self, job: Job) -> str:
        """Return the subject of a job."""
        return self.jobs_subject(job.priority, owner_token(job.owner), job.job_id)

    async def held(self) -> dict[str, set[Priority]]:
        """Return the owners of which jobs wait or are at work, by their tokens, and the priorities of these."""
        info = await self._tried(lambda: self._js.stream_info(self.stream, subjects_filter=f"{self._jobs}.>"))
        JOBS_HELD.labels(self.area).set(info.state.messages)
        found: dict[str, set[Priority]] = {}
        for subject in info.state.subjects or {}:
            priority, *rest = subject.removeprefix(f"{self._jobs}.").split(".")
            if len(rest) == 2 and priority in tuple(Priority):
                found.setdefault(rest[0], set()).add(Priority(priority))
        return found

    async def ensure(self) -> None:
        """Make the queue and its store, or bring the queue that is there to the present configuration."""
        config = StreamConfig(
            name=self.stream,
            subjects=[f"{self._jobs}.>"],
            storage=StorageType.FILE,
            retention=RetentionPolicy.WORK_QUEUE,
            discard=DiscardPolicy.NEW,
            discard_new_per_subject=True,
            max_msgs_per_subject=1,
            max_msgs=self._most_jobs,
        )
        await ensure_stream(self._js, config)
        store = ObjectStoreConfig(ttl=_STORED_FOR_S, max_bytes=_MOST_STORED_BYTES, storage=StorageType.FILE)
        with suppress(BadRequestError):  # it is there
            await self._js.create_object_store(self._bucket, store)

    async def add(self, job: Job, headers: dict[str, str]) -> None:
        """Add a job; one with its identifier that is waiting or at work stays as it is.

        Raises
        ------
        ExhaustedError
            ``JOB_QUEUE_FULL`` where there is no room for it.
        """
        subject = self.subject_of(job)
        try:
            await self._put(f"{job.job_id}.request", job.request)
            await self._tried(lambda: self._js.publish(subject, b"", headers={KIND_HEADER: job.kind, **headers}))
        except APIError as error:
            if error.err_code != _NO_ROOM:
                raise
            if _HELD_ALREADY not in (error.description or ""):
                message = f"no more work can be queued: {error.description}"
                raise ExhaustedError("JOB_QUEUE_FULL", message) from error
        await self.connection.publish(self.added_subject)

    async def sequence_of(self, job: Job) -> int | None:
        """Return under which number a job waits or is at work; None where the queue does not hold it."""
        subject = self.subject_of(job)
        found = await self._found(lambda: self._js.get_last_msg(self.stream, subject))
        return None if found is None else found.seq

    async def holds(self, sequence: int) -> bool:
        """Return whether the job under a number is still wanted."""
        return await self._found(lambda: self._js.get_msg(self.stream, sequence)) is not None

    async def withdraw(self, job: Job) -> None:
        """Take a job back, whether it waits or is at work."""
        sequence = await self.sequence_of(job)
        if sequence is not None:
            with suppress(JetStreamError):  # it has just ended
                await self._js.delete_msg(self.stream, sequence)
        await self.connection.publish(self.stop_subject(job.job_id))
        await self.forget(job.job_id)

    async def request_of(self, job_id: str) -> bytes | None:
        """Return what a job is made from; None where it is withdrawn."""
        return await self._get(f"{job_id}.request")

    async def store_outcome(self, job_id: str, outcome: bytes | MalapertError) -> None:
        """Keep what came of a job: its result or its error."""
        await self._put(f"{job_id}.outcome", _packed(outcome))

    async def outcome_of(self, job_id: str) -> bytes | MalapertError | None:
        """Return what came of a job; None where it has not ended."""
        packed = await self._get(f"{job_id}.outcome")
        return None if packed is None else _unpacked(packed)

    async def forget(self, job_id: str) -> None:
        """Drop what is stored of a job."""
        for name in (f"{job_id}.request", f"{job_id}.outcome"):
            with suppress(NotFoundError, JetStreamError, TimeoutError):  # else it is dropped with age
                await self._objects.delete(name)

    async def _put(self, name: str, content: bytes) -> None:
        async def put() -> None:
            async with asyncio.timeout(_TRANSFER_TIMEOUT_S):
                await self._objects.put(name, content)

        await self._tried(put)

    async def _get(self, name: str) -> bytes | None:
        async def get() -> bytes:
            async with asyncio.timeout(_TRANSFER_TIMEOUT_S):
                return bytes((await self._objects.get(name)).data or b"")

        try:
            return await self._tried(get)
        except NotFoundError:
            return None

    async def _found(self, ask: Callable[[], Awaitable[RawStreamMsg]]) -> RawStreamMsg | None:
        try:
            return await self._tried(ask)
        except NotFoundError:
            return None

    async def _tried(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask until there is an answer: the broker may be away, or have come back without its files."""
        async for attempt in stamina.retry_context(on=_may_pass, attempts=None, timeout=None, wait_max=5.0):
            with attempt:
                try:
                    return await ask()
                except (NotFoundError, NoStreamResponseError) as error:
                    if isinstance(error, NotFoundError) and error.err_code != _STREAM_NOT_FOUND:
                        raise
                    await self.ensure()
                    return await ask()
        raise AssertionError("unreachable")


def _may_pass(error: Exception) -> bool:
    if isinstance(error, APIError):
        return error.code == HTTPStatus.SERVICE_UNAVAILABLE and error.err_code != _NO_ROOM
    return isinstance(error, TimeoutError | NoRespondersError | NoStreamResponseError | ConnectionReconnectingError)


def _packed(outcome: bytes | MalapertError) -> bytes:
    if not isinstance(outcome, MalapertError):
        return _RESULT + outcome
    parts = (outcome.category, outcome.reason, outcome.message, outcome.metadata, [asdict(f) for f in outcome.faults])
    return _ERROR + json.dumps(parts).encode()


def _unpacked(packed: bytes) -> bytes | MalapertError:
    if packed[:1] == _RESULT:
        return packed[1:]
    category, reason, message, metadata, faults = json.loads(packed[1:])
    return restored_error(ErrorCategory(category), reason, message, metadata, [Fault(**fault) for fault in faults])
