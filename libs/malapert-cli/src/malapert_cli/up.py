"""The command `malapert up`: the whole platform on this machine, supervised."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console

from malapert_cli.embedded import Embedded, PortTakenError, plan_embedded
from malapert_cli.supervisor import Supervisor

READY_TIMEOUT_S = 120.0
console = Console(stderr=True)


def up(
    command: Annotated[
        list[str] | None, typer.Argument(help="run this once the platform is ready, then stop the platform")
    ] = None,
    data_dir: Annotated[Path, typer.Option(help="databases, terrains, logs and secrets")] = Path(".malapert"),
    port: Annotated[int, typer.Option(help="port of the HTTP API on loopback")] = 8000,
    workers: Annotated[int, typer.Option(min=0, help="solver workers beside the planner's own")] = 0,
    keep: Annotated[bool, typer.Option("--keep", help="stay up after the command has ended")] = False,
) -> None:
    """Start the platform on this machine and keep it running until Ctrl-C; no root and no other server is needed."""
    try:
        embedded = plan_embedded(data_dir, port, workers=workers)
    except (PortTakenError, FileNotFoundError) as error:
        console.print(f"[red]malapert up: {error}")
        raise typer.Exit(2) from error
    raise typer.Exit(asyncio.run(_run(embedded, command or [], keep)))


async def _run(embedded: Embedded, command: list[str], keep: bool) -> int:
    supervisor = Supervisor(embedded.processes, on_event=lambda line: console.print(f"[yellow]{line}"))
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    await supervisor.start()
    try:
        if not await _ready(embedded.url, stopping):
            if not stopping.is_set():
                console.print(f"[red]not ready after {READY_TIMEOUT_S:g} s; see {embedded.data_dir / 'logs'}")
            return 1
        console.print(f"[green]ready[/]: {embedded.url}/docs, keys in {embedded.keys_file}")
        code = await _run_command(command, embedded, stopping) if command else 0
        if not command or (keep and not stopping.is_set()):
            console.print(f"Malapert is up at {embedded.url}; Ctrl-C stops it")
            await stopping.wait()
        return code
    finally:
        console.print("stopping")
        await supervisor.stop()


async def _ready(url: str, stopping: asyncio.Event) -> bool:
    """Ask the gateway until all services behind it answer; False when that takes too long or a stop is asked for."""
    deadline_s = asyncio.get_running_loop().time() + READY_TIMEOUT_S
    async with httpx.AsyncClient(base_url=url, timeout=5.0) as client:
        while asyncio.get_running_loop().time() < deadline_s and not stopping.is_set():
            try:
                if (await client.get("/readyz")).status_code == httpx.codes.OK:
                    return True
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.25)
    return False


async def _run_command(command: list[str], embedded: Embedded, stopping: asyncio.Event) -> int:
    bin_dir = Path(sys.executable).parent
    environment = {
        **os.environ,
        "MALAPERT_URL": embedded.url,
        "MALAPERT_KEYS_FILE": str(embedded.keys_file),
        "PATH": f"{bin_dir}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    process = await asyncio.create_subprocess_exec(*command, env=environment)
    ended = asyncio.create_task(process.wait())
    stopped = asyncio.create_task(stopping.wait())
    await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not ended.done():
        process.send_signal(signal.SIGINT)
    return await ended
