"""The command `malapert up`: the whole platform on this machine, supervised."""

import asyncio
import contextlib
import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import httpx
import typer
from malapert_client import MalapertError
from malapert_client.connection import find_connection

from malapert_cli.data_directory import DataDirectoryError, held, prepare_directory, printable
from malapert_cli.embedded import LOOPBACK, Embedded, EmbeddedError, choose_port, plan_embedded
from malapert_cli.options import named_path
from malapert_cli.page_link import page_link
from malapert_cli.supervisor import Supervisor
from malapert_cli.terminal import refusals

READY_TIMEOUT_S = 120.0
"""How long the platform may take to get ready; as long again, and again, while its processes compute."""
MOST_READY_TIMEOUTS = 10
COMPUTING_SHARE = 0.05
"""Share of a core above which the processes together compute rather than wait."""
# A command that shares our terminal is asked to stop by Ctrl-C as we are.
OWN_END_S = 3.0
NOT_FOUND_CODE, NOT_RUNNABLE_CODE = 127, 126

HELP = """Start the platform on this machine and keep it running until Ctrl-C; no root and no other server is needed.

Exit codes: 0 stopped as asked, or the command's own; 1 a part kept dying or did not get ready; 2 cannot be started as
asked (options, data directory, port); 126 and 127 the command cannot be run or is not there; 128 + n it was ended by
signal n."""


def up(
    command: Annotated[
        list[str] | None, typer.Argument(help="run this once the platform is ready, then stop the platform")
    ] = None,
    data_dir: Annotated[
        Path,
        typer.Option(
            parser=named_path,
            metavar="PATH",
            help="databases, terrains, logs and secrets; one platform at a time has it",
        ),
    ] = Path(".malapert"),
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="port of the HTTP API on loopback; 0 takes a free one")
    ] = 8000,
    workers: Annotated[int, typer.Option(min=0, max=256, help="solver workers beside the planner's own")] = 0,
    keep: Annotated[bool, typer.Option("--keep", help="stay up after the command has ended")] = False,
) -> None:
    """Start the platform; see `HELP`."""
    if command and command[0].startswith("-"):
        raise typer.BadParameter(f"no such option: {command[0]}; what follows -- is the command")
    try:
        directory = prepare_directory(data_dir)
        port = choose_port(port)
        with held(directory, f"http://{LOOPBACK}:{port}") as lock:
            embedded = plan_embedded(directory, port, workers=workers)
            code = asyncio.run(_Run(embedded, command or [], keep, lock).run())
    except (DataDirectoryError, EmbeddedError, OSError) as error:
        _say(f"malapert up: {error}", "red")
        raise typer.Exit(2) from error
    raise typer.Exit(code)


@dataclass(slots=True)
class _Run:
    """One run of an embedded platform, from its start to its stop."""

    embedded: Embedded
    command: list[str]
    keep: bool
    lock: int
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    signal_number: int = 0

    async def run(self) -> int:
        supervisor = Supervisor(
            self.embedded.processes, on_event=lambda line: _say(line, "yellow"), held_descriptors=(self.lock,)
        )
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, self._stop, number)
        serving = asyncio.create_task(self._serve(supervisor))
        failing = asyncio.create_task(supervisor.failed())
        try:
            await supervisor.start()
            await asyncio.wait((serving, failing), return_when=asyncio.FIRST_COMPLETED)
            if failing.done():
                _say(failing.result(), "red")
                self.stopping.set()
                await serving
                return 1
            return await serving
        finally:
            failing.cancel()
            _say("stopping")
            await supervisor.stop()

    def _stop(self, number: int) -> None:
        self.signal_number = number
        self.stopping.set()

    async def _serve(self, supervisor: Supervisor) -> int:
        embedded = self.embedded
        began_s = asyncio.get_running_loop().time()
        missing = await self._missing_at_last(supervisor)
        if self.stopping.is_set():
            return 1
        if missing:
            waited_s = asyncio.get_running_loop().time() - began_s
            _say(f"not ready after {waited_s:.0f} s: {missing}; see {printable(embedded.data_dir / 'logs')}", "red")
            return 1
        supervisor.settle()
        _say(f"ready: {embedded.url}/docs, keys in {printable(embedded.keys_file)}", "green")
        code = await self._run_command() if self.command else 0
        if not self.command or (self.keep and not self.stopping.is_set()):
            await asyncio.to_thread(_say_link, embedded)
            _say(f"Malapert is up at {embedded.url}; Ctrl-C stops it")
            await self.stopping.wait()
        return code

    async def _missing_at_last(self, supervisor: Supervisor) -> str:
        """Return what is missing once nothing more is to be expected: empty where the platform is ready."""
        for _ in range(MOST_READY_TIMEOUTS):
            before_s = supervisor.cpu_s()
            missing = await self._missing()
            after_s = supervisor.cpu_s()
            is_computing = (after_s or 0.0) - (before_s or 0.0) > COMPUTING_SHARE * READY_TIMEOUT_S
            if not missing or self.stopping.is_set() or not is_computing:
                return missing
            _say(f"still starting, this machine is slow: {missing}", "yellow")
        return missing

    async def _missing(self) -> str:
        """Ask the gateway until all services behind it answer; what is missing when that takes too long."""
        missing = "the gateway does not answer"
        deadline_s = asyncio.get_running_loop().time() + READY_TIMEOUT_S
        async with httpx.AsyncClient(base_url=self.embedded.url, timeout=5.0, trust_env=False) as client:
            while asyncio.get_running_loop().time() < deadline_s and not self.stopping.is_set():
                with contextlib.suppress(httpx.HTTPError, ValueError, KeyError):
                    answer = await client.get("/readyz")
                    if answer.status_code == httpx.codes.OK:
                        return ""
                    parts = answer.json()["parts"].items()
                    missing = ", ".join(f"{name} {state}" for name, state in parts if state != "ready")
                await asyncio.sleep(0.25)
        return missing

    async def _run_command(self) -> int:
        try:
            process = await asyncio.create_subprocess_exec(*self.command, env=_command_environment(self.embedded))
        except OSError as error:
            _say(f"malapert up: {self.command[0]}: {error.strerror}", "red")
            return NOT_FOUND_CODE if isinstance(error, FileNotFoundError) else NOT_RUNNABLE_CODE
        ended = asyncio.create_task(process.wait())
        stopped = asyncio.create_task(self.stopping.wait())
        await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if self.signal_number == signal.SIGINT and not ended.done():
            await asyncio.wait({ended}, timeout=OWN_END_S)
        if not ended.done():
            process.send_signal(signal.SIGINT)
        code = await ended
        return code if code >= 0 else 128 - code


def _say_link(embedded: Embedded) -> None:
    """Say how the page is opened; a platform whose first keys were revoked is up all the same."""
    try:
        link = page_link(find_connection(embedded.url, None, None, "PLANNER", embedded.keys_file), plan_first=True)
    except MalapertError:
        _say("the page is opened by a link that `malapert open` makes with a key of yours")
        return
    _say(f"the page, once and within an hour: {link}", "green")


def _command_environment(embedded: Embedded) -> dict[str, str]:
    bin_dir = Path(sys.executable).parent
    return {
        **os.environ,
        "MALAPERT_URL": embedded.url,
        "MALAPERT_KEYS_FILE": str(embedded.keys_file),
        "PATH": f"{bin_dir}{os.pathsep}{os.environ.get('PATH', '')}",
    }


def _say(line: str, style: str = "") -> None:
    # The terminal may be gone, which is no reason to leave the processes alone.
    with contextlib.suppress(OSError):
        refusals.print(line, style=style)
