"""Keeps a set of processes running: starts them in order, restarts what dies, stops all of them in reverse order."""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

FIRST_BACKOFF_S = 0.5
LONGEST_BACKOFF_S = 10.0
STEADY_AFTER_S = 30.0


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """One process: its name, command, environment on top of ours, and the file that takes what it prints."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log_path: Path


@dataclass(slots=True)
class Supervisor:
    """Runs processes until `stop`.

    Parameters
    ----------
    specs
        The processes in the order of their start.
    on_event
        Told of each start, death and restart in one line.
    stop_grace_s
        How long a process may take to end after SIGTERM before it is killed, seconds.
    """

    specs: Sequence[ProcessSpec]
    on_event: Callable[[str], None]
    stop_grace_s: float = 20.0
    _running: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    _watchers: list[asyncio.Task[None]] = field(default_factory=list)

    async def start(self) -> None:
        """Start every process, and a watcher that restarts it whenever it dies."""
        for spec in self.specs:
            self._running[spec.name] = await self._spawn(spec)
            self._watchers.append(asyncio.create_task(self._keep_running(spec), name=f"keep {spec.name}"))

    async def stop(self) -> None:
        """Stop watching, then end the processes, the last started first."""
        for watcher in self._watchers:
            watcher.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)
        for spec in reversed(self.specs):
            process = self._running.get(spec.name)
            if process is not None:
                await self._end(process, spec)

    def process_id(self, name: str) -> int:
        """Return the process id under which a process runs now."""
        return self._running[name].pid

    async def _spawn(self, spec: ProcessSpec) -> asyncio.subprocess.Process:
        spec.log_path.parent.mkdir(parents=True, exist_ok=True)
        with spec.log_path.open("ab") as log:
            # A session of its own: Ctrl-C in the terminal reaches the supervisor alone, which then ends them in order.
            return await asyncio.create_subprocess_exec(
                *spec.command,
                env={**os.environ, **spec.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def _keep_running(self, spec: ProcessSpec) -> None:
        backoff_s = FIRST_BACKOFF_S
        loop = asyncio.get_running_loop()
        while True:
            began_s = loop.time()
            code = await self._running[spec.name].wait()
            if loop.time() - began_s > STEADY_AFTER_S:
                backoff_s = FIRST_BACKOFF_S
            self.on_event(
                f"{spec.name} ended with {_describe(code)}; starting it again in {backoff_s:g} s ({spec.log_path})"
            )
            await asyncio.sleep(backoff_s)
            backoff_s = min(2 * backoff_s, LONGEST_BACKOFF_S)
            self._running[spec.name] = await self._spawn(spec)

    async def _end(self, process: asyncio.subprocess.Process, spec: ProcessSpec) -> None:
        if process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), self.stop_grace_s)
        except TimeoutError:
            self.on_event(f"{spec.name} did not end within {self.stop_grace_s:g} s and is killed")
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


def _describe(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
