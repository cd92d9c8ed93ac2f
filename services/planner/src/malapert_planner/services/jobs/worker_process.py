"""Heavy jobs in processes of their own: bounded in number, with progress, cancelled by asking and killed if need be."""

import asyncio
import multiprocessing
import os
import resource
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from typing import Any

from malapert_core.errors import InternalError, MalapertError, OperationCancelledError, WorkLostError

NICENESS = 10
"""Nice value of jobs beyond that of their service: a long solve waits for calls and for what is read, not they for it.
"""
_CANCEL = "cancel"


class JobLink:
    """Connection of a job to its caller: progress reports to it, and its request to stop."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self.cancelled = threading.Event()

    def tell(self, progress: Any) -> None:
        """Send progress to the caller; any thread may."""
        self._send("progress", progress)

    def _send(self, kind: str, value: Any) -> None:
        with self._lock:
            self._connection.send((kind, value))

    def listen(self) -> None:
        """Wait for a request to stop; end the process where the caller is gone."""
        try:
            while self._connection.recv() == _CANCEL:
                self.cancelled.set()
        except (EOFError, OSError):
            os._exit(1)

    def end(self, kind: str, value: Any) -> None:
        """Send the outcome."""
        self._send(kind, value)


Job = Callable[..., Any]
"""A module's function of a `JobLink` and further arguments; it, they and its result can be pickled."""


class WorkerProcesses:
    """Runs jobs, each in a fresh process.

    gRPC's threads do not survive a fork, and OR-Tools stays out of the service's own process: a server process that
    knows neither gRPC nor the service loads what jobs need once, and a job's process is forked from it.

    Parameters
    ----------
    concurrency : int
        How many jobs run at once; further ones wait.
    modules : sequence of str
        What jobs need loaded.
    memory_limit_bytes : int, optional
        How much memory of its own a process may take; one that wants more dies.
    niceness : int
        Nice value of the processes beyond that of this one.
    """

    def __init__(
        self,
        concurrency: int,
        modules: Sequence[str] = (),
        memory_limit_bytes: int | None = None,
        *,
        niceness: int = NICENESS,
    ) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([*modules])
        forkserver.ensure_running()  # it loads while the service starts
        self._memory_limit_bytes = memory_limit_bytes
        self._niceness = niceness
        self._free = asyncio.Semaphore(concurrency)
        self._threads = ThreadPoolExecutor(concurrency, thread_name_prefix="worker-process")

    async def run(
        self,
        job: Job,
        *arguments: Any,
        on_progress: Callable[[Any], None] | None = None,
        cancelled: asyncio.Event | None = None,
    ) -> Any:
        """Return what a job returns.

        Raises
        ------
        MalapertError
            As the job raises it; ``WORKER_FAILED`` where the job failed unexpectedly.
        WorkLostError
            ``WORKER_FAILED`` where the process died.
        OperationCancelledError
            Where it was asked to stop.
        """
        async with self._free:
            own, theirs = self._context.Pipe()
            work = (theirs, self._memory_limit_bytes, self._niceness, job, arguments)
            process = self._context.Process(target=_work, args=work, daemon=True)
            process.start()
            theirs.close()
            asking = asyncio.create_task(_ask_to_stop(own, cancelled)) if cancelled else None
            try:
                outcome = await self._outcome(own, on_progress or (lambda _progress: None))
            finally:
                if asking is not None:
                    asking.cancel()
                process.kill()
                await asyncio.get_running_loop().run_in_executor(None, process.join)
                process.close()
        if cancelled is not None and cancelled.is_set():
            raise OperationCancelledError
        return outcome

    def close(self) -> None:
        """Let go of the threads that follow processes."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _outcome(self, connection: Connection, on_progress: Callable[[Any], None]) -> Any:
        loop = asyncio.get_running_loop()
        while True:
            try:
                kind, value = await loop.run_in_executor(self._threads, connection.recv)
            except (EOFError, OSError) as error:
                raise WorkLostError("WORKER_FAILED", "the worker process died during the work") from error
            if kind == "result":
                return value
            if kind == "error":
                raise value
            on_progress(value)


async def _ask_to_stop(connection: Connection, cancelled: asyncio.Event) -> None:
    await cancelled.wait()
    connection.send(_CANCEL)


def _work(
    connection: Connection, memory_limit_bytes: int | None, niceness: int, job: Job, arguments: tuple[Any, ...]
) -> None:
    os.nice(niceness)
    # A Ctrl-C reaches the whole process group; the service decides when its workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if memory_limit_bytes is not None:
        # RLIMIT_DATA, not RLIMIT_AS: libraries reserve far more addresses than they use.
        resource.setrlimit(resource.RLIMIT_DATA, (memory_limit_bytes, memory_limit_bytes))
    link = JobLink(connection)
    threading.Thread(target=link.listen, daemon=True).start()
    try:
        link.end("result", job(link, *arguments))
    except MalapertError as error:
        link.end("error", error)
    except Exception as error:
        link.end("error", InternalError("WORKER_FAILED", f"the work failed: {error!r}"))
