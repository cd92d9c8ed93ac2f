"""Processes in which large inputs are read: no event loop waits for them, and time and memory of each are bounded.

A thread would not do: what reads JSON, XML or messages holds the interpreter's lock, and with it the event loop.
"""

import asyncio
import ctypes
import gc
import multiprocessing
import os
import resource
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, ParamSpec, TypeVar, cast

from malapert_core.errors import ExhaustedError, InternalError, MalapertError
from malapert_core.fairness.slots import FairSlots

P = ParamSpec("P")
T = TypeVar("T")

QUICK_BYTES = 32 * 1024
"""Largest input, bytes, that is read on the event loop, which takes a few milliseconds; a longer one is read apart."""
_START_LIMIT_S = 180.0
_WALL_FACTOR = 4.0
_END_LIMIT_S = 5.0


@dataclass(slots=True)
class _Reader:
    process: BaseProcess
    connection: Connection

    def ask(self, function: Callable[..., Any], arguments: tuple[Any, ...], cpu_limit_s: float) -> tuple[bool, Any]:
        """Have a function called there with so much CPU time; waits for its outcome."""
        self.connection.send((function, arguments, cpu_limit_s))
        return cast("tuple[bool, Any]", self.connection.recv())

    def ended_by(self) -> int | None:
        """Wait for the end of a process that was lost; returns its exit code, or None where it does not end."""
        self.process.join(_END_LIMIT_S)
        return self.process.exitcode

    def started(self) -> None:
        """Wait until it can be asked."""
        self.connection.recv()

    def end(self) -> None:
        """End the process, whatever it does."""
        self.process.kill()
        self.process.join()
        self.process.close()
        self.connection.close()


class ReadingProcesses:
    """A few processes that are begun when there is something to read, and ended when there was nothing for a while.

    Parameters
    ----------
    modules : sequence of str
        What readers need loaded.
    most : int
        How many inputs are read at once.
    time_limit_s : float
        How much CPU time one may take, seconds; its process is ended then, or when four times as much has passed by
        the clock, for on a busy machine it has a part of a core only.
    memory_limit_bytes : int
        How much memory of its own a process may take.
    idle_s : float
        After how long without work a process is ended, seconds.
    niceness : int
        Nice value of the processes beyond that of this one: a large input waits for calls, not they for it.
    """

    def __init__(
        self,
        modules: Sequence[str] = (),
        *,
        most: int = 2,
        time_limit_s: float = 20.0,
        memory_limit_bytes: int = 1 << 30,
        idle_s: float = 60.0,
        niceness: int = 0,
    ) -> None:
        # A spawned process shares neither locks nor threads of gRPC with this one.
        self._context = multiprocessing.get_context("spawn")
        self._modules = tuple(modules)
        self._time_limit_s = time_limit_s
        self._memory_limit_bytes = memory_limit_bytes
        self._idle_s = idle_s
        self._niceness = niceness
        self._slots = FairSlots(most, most_of_owner=max(1, most - 1), most_waiting=8, what="large inputs")
        self._threads = ThreadPoolExecutor(most, thread_name_prefix="reading")
        self._idle: list[_Reader] = []
        self._ending: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> "ReadingProcesses":
        """Return itself; its processes end with the block."""
        return self

    async def __aexit__(self, *_error: object) -> None:
        """End all processes."""
        self.close()

    async def run(self, owner: str, function: Callable[P, T], *arguments: P.args, **_none: P.kwargs) -> T:
        """Return what a module's function returns, called in a process; owners are served in turn.

        Raises
        ------
        MalapertError
            As the function raises it.
        ExhaustedError
            ``READING_LIMIT`` where it took more time or memory than it may, ``TOO_MUCH_AT_ONCE`` where too many inputs
            of the owner wait already.
        """
        async with self._slots.held(owner):
            reader = self._idle.pop() if self._idle else await self._started()
            try:
                is_result, outcome = await self._asked(reader, function, arguments)
            except BaseException:
                await asyncio.to_thread(reader.end)
                raise
            self._idle.append(reader)
            self._end_when_idle()
        if is_result:
            return cast("T", outcome)
        raise outcome

    async def by_size(
        self, size_bytes: int, owner: str, function: Callable[P, T], *arguments: P.args, **_none: P.kwargs
    ) -> T:
        """Return what a module's function returns: of a small input called in a thread, of a large one as by `run`."""
        if size_bytes <= QUICK_BYTES:
            return await asyncio.to_thread(function, *arguments, **_none)
        return await self.run(owner, function, *arguments, **_none)

    def close(self) -> None:
        """End all processes that do nothing."""
        if self._ending is not None:
            self._ending.cancel()
        while self._idle:
            self._idle.pop().end()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _asked(
        self, reader: _Reader, function: Callable[..., Any], arguments: tuple[Any, ...]
    ) -> tuple[bool, Any]:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_WALL_FACTOR * self._time_limit_s):
                return await loop.run_in_executor(self._threads, reader.ask, function, arguments, self._time_limit_s)
        except TimeoutError as error:
            raise self._too_long() from error
        except (EOFError, OSError) as error:
            if await asyncio.to_thread(reader.ended_by) == -signal.SIGPROF:
                raise self._too_long() from error
            raise _limit(f"more than the {self._memory_limit_bytes >> 20} MiB that there are for it") from error

    def _too_long(self) -> ExhaustedError:
        return _limit(f"more than the {self._time_limit_s:g} s that there are for it")

    async def _started(self) -> _Reader:
        own, theirs = self._context.Pipe()
        arguments = (theirs, self._modules, self._memory_limit_bytes, self._niceness)
        process = self._context.Process(target=_read, args=arguments, daemon=True, name="reading")
        await asyncio.to_thread(process.start)
        theirs.close()
        reader = _Reader(process, own)
        try:
            async with asyncio.timeout(_START_LIMIT_S):
                await asyncio.get_running_loop().run_in_executor(self._threads, reader.started)
        except BaseException:
            await asyncio.to_thread(reader.end)
            raise
        return reader

    def _end_when_idle(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
        self._ending = asyncio.get_running_loop().call_later(self._idle_s, self._end_idle)

    def _end_idle(self) -> None:
        idle, self._idle = self._idle, []
        for reader in idle:
            asyncio.get_running_loop().run_in_executor(None, reader.end)


def _limit(what: str) -> ExhaustedError:
    return ExhaustedError("READING_LIMIT", f"the input takes {what} to be read; send it in smaller pieces")


def _read(connection: Connection, modules: tuple[str, ...], memory_limit_bytes: int, niceness: int) -> None:
    """Be a process that reads: call what is asked until nobody asks any more."""
    os.nice(niceness)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    for module in modules:
        import_module(module)
    gc.freeze()
    # RLIMIT_DATA, not RLIMIT_AS: libraries reserve far more addresses than they use.
    resource.setrlimit(resource.RLIMIT_DATA, (memory_limit_bytes, memory_limit_bytes))
    connection.send(True)
    while True:
        try:
            function, arguments, cpu_limit_s = connection.recv()
        except (EOFError, OSError):
            return
        # By the process's CPU time; its signal ends the process whatever it is doing.
        signal.setitimer(signal.ITIMER_PROF, cpu_limit_s)
        outcome = _outcome(function, arguments)
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        connection.send(outcome)
        # While it waits for the next input it keeps nothing of this one.
        del function, arguments, outcome
        _give_memory_back()


def _give_memory_back() -> None:
    """Give memory that is free back to the system, where its C library can."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _outcome(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[bool, Any]:
    try:
        return True, function(*arguments)
    except MalapertError as error:
        return False, error
    except MemoryError:
        return False, _limit("more memory than there is for it")
    except Exception as error:
        return False, InternalError("READING_FAILED", f"the input could not be read: {error!r}")
