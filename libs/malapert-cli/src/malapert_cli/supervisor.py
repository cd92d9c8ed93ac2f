"""Keeps a set of processes running: starts them in order, restarts what dies, stops all of them in reverse order."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from malapert_cli import guard
from malapert_cli.data_directory import printable
from malapert_cli.log_rotation import rotate

FIRST_BACKOFF_S = 0.5
LONGEST_BACKOFF_S = 10.0
STEADY_AFTER_S = 30.0
# In a row, none of them after a steady run.
MOST_DEATHS = 5
LAST_LINES = 12
_TAIL_BYTES = 16 << 10
PRIVATE_UMASK = 0o077
LOG_LOOK_S = 10.0


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """One process: its name, command, environment on top of ours, the file that takes what it prints, its directory."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log_path: Path
    directory: Path | None = None


@dataclass(slots=True)
class Supervisor:
    """Runs processes until `stop`; they end with this process even where it is killed.

    A process that keeps dying is given up until `settle` is called: what has once worked is started again for ever, for
    whatever ends it now, such as a lack of memory, may pass.

    Parameters
    ----------
    specs
        The processes in the order of their start.
    on_event
        Told of each start, death and restart in one line.
    stop_grace_s
        How long a process may take to end after SIGTERM before it is killed, seconds.
    first_backoff_s
        Pause before the first restart, which doubles, seconds.
    held_descriptors
        Files that stay open, and locked, until the last process has ended.
    """

    specs: Sequence[ProcessSpec]
    on_event: Callable[[str], None]
    stop_grace_s: float = 20.0
    first_backoff_s: float = FIRST_BACKOFF_S
    held_descriptors: Sequence[int] = ()
    _running: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    _log_starts: dict[str, int] = field(default_factory=dict)
    _watchers: list[asyncio.Task[None]] = field(default_factory=list)
    _guard: asyncio.subprocess.Process | None = None
    _given_up: asyncio.Event = field(default_factory=asyncio.Event)
    _is_settled: bool = False
    _failure: str = ""

    async def start(self) -> None:
        """Start every process, and a watcher that restarts it whenever it dies."""
        await self._start_guard()
        for spec in self.specs:
            if await self._spawn(spec):
                self._watchers.append(asyncio.create_task(self._keep_running(spec), name=f"keep {spec.name}"))
        self._watchers.append(asyncio.create_task(self._rotate_logs(), name="rotate logs"))
        self._watchers.append(asyncio.create_task(self._keep_guard(), name="keep guard"))

    def settle(self) -> None:
        """Note that all processes work: from now on none is given up."""
        self._is_settled = True

    def cpu_s(self) -> float | None:
        """Return the CPU time that the running processes have used, seconds; None where the system does not tell."""
        ticks = [_cpu_ticks(process.pid) for process in self._running.values() if process.returncode is None]
        known = [each for each in ticks if each is not None]
        return sum(known) / os.sysconf("SC_CLK_TCK") if known else None

    async def failed(self) -> str:
        """Wait until a process is given up, which kept dying or cannot be started, and return why."""
        await self._given_up.wait()
        return self._failure

    async def stop(self) -> None:
        """Stop watching, then end the processes, the last started first."""
        for watcher in self._watchers:
            watcher.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)
        for spec in reversed(self.specs):
            process = self._running.get(spec.name)
            if process is not None:
                await self._end(process, spec)
        if self._guard is not None and self._guard.stdin is not None:
            # Its input ends here, and with it the guard; nothing is left that it would have to kill.
            self._guard.stdin.close()
            await self._guard.wait()

    def process_id(self, name: str) -> int:
        """Return the process id under which a process runs now."""
        return self._running[name].pid

    def last_lines(self, spec: ProcessSpec) -> str:
        """Return the last lines that a process printed since its start, indented."""
        try:
            with spec.log_path.open("rb") as log:
                end = log.seek(0, os.SEEK_END)
                log.seek(max(self._log_starts.get(spec.name, 0), end - _TAIL_BYTES))
                lines = log.read().decode(errors="replace").splitlines()[-LAST_LINES:]
        except OSError:
            lines = []
        return "\n".join(f"  {line[:300]}" for line in lines if line.strip()) or "  (nothing)"

    async def _start_guard(self) -> None:
        self._guard = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", guard.__file__),
            stdin=subprocess.PIPE,
            cwd="/",
            start_new_session=True,
            pass_fds=self.held_descriptors,
        )

    async def _keep_guard(self) -> None:
        """Have another guard as soon as one dies: without any, processes would outlive a killed supervisor."""
        while self._guard is not None:
            await self._guard.wait()
            self.on_event("the guard ended; starting another")
            await self._start_guard()
            for process in self._running.values():
                if process.returncode is None:
                    self._tell_guard("+", process)
            await asyncio.sleep(self.first_backoff_s)

    def _tell_guard(self, sign: str, process: asyncio.subprocess.Process) -> None:
        if self._guard is not None and self._guard.stdin is not None:
            self._guard.stdin.write(f"{sign}{process.pid}\n".encode())

    async def _spawn(self, spec: ProcessSpec) -> bool:
        """Start a process; False where that is not possible, which is why it is given up."""
        try:
            descriptor = os.open(spec.log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "ab") as log:
                self._log_starts[spec.name] = log.seek(0, os.SEEK_END)
                # A session of its own: Ctrl-C in the terminal reaches the supervisor alone, which ends them in order.
                process = await asyncio.create_subprocess_exec(
                    *spec.command,
                    env={**os.environ, **spec.environment},
                    cwd=spec.directory,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    umask=PRIVATE_UMASK,
                )
        except OSError as error:
            failure = f"{spec.name} cannot be started: {error}"
            if self._is_settled:
                self.on_event(failure)
            else:
                self._give_up(failure)
            return False
        self._running[spec.name] = process
        self._tell_guard("+", process)
        return True

    async def _keep_running(self, spec: ProcessSpec) -> None:
        loop = asyncio.get_running_loop()
        deaths = 0
        while True:
            began_s = loop.time()
            code = await self._running[spec.name].wait()
            self._tell_guard("-", self._running[spec.name])
            deaths = 1 if loop.time() - began_s > STEADY_AFTER_S else deaths + 1
            if deaths >= MOST_DEATHS and not self._is_settled:
                self._give_up(
                    f"{spec.name} ended {deaths} times, each within {STEADY_AFTER_S:g} s of its start, the last time "
                    f"with {_describe(code)}; the end of {printable(spec.log_path)}:\n{self.last_lines(spec)}"
                )
                return
            backoff_s = min(self.first_backoff_s * 2 ** min(deaths - 1, 10), LONGEST_BACKOFF_S)
            self.on_event(
                f"{spec.name} ended with {_describe(code)}; starting it again in {backoff_s:g} s "
                f"({printable(spec.log_path)})"
            )
            await asyncio.sleep(backoff_s)
            while not await self._spawn(spec):
                if not self._is_settled:
                    return
                await asyncio.sleep(LONGEST_BACKOFF_S)

    async def _rotate_logs(self) -> None:
        while True:
            await asyncio.sleep(LOG_LOOK_S)
            for spec in self.specs:
                try:
                    if await asyncio.to_thread(rotate, spec.log_path):
                        self._log_starts[spec.name] = 0
                except OSError as error:
                    self.on_event(f"{printable(spec.log_path)} cannot be rotated: {error}")

    def _give_up(self, failure: str) -> None:
        self._failure = self._failure or failure
        self._given_up.set()

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


def _cpu_ticks(process_id: int) -> int | None:
    try:
        fields = Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return None
    # https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: utime and stime, of which the name is cut off here.
    return int(fields[11]) + int(fields[12])


def _describe(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
