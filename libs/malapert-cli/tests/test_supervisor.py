"""The supervisor restarts what dies and leaves nothing behind."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from malapert_cli.supervisor import ProcessSpec, Supervisor

SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)


def _spec(tmp_path: Path, name: str, code: str) -> ProcessSpec:
    return ProcessSpec(name, (sys.executable, "-c", code), {}, tmp_path / f"{name}.log")


async def _until(condition) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.02)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.asyncio
async def test_a_killed_process_is_started_again_and_all_end_on_stop(tmp_path):
    events: list[str] = []
    supervisor = Supervisor([_spec(tmp_path, "a", SLEEPER), _spec(tmp_path, "b", SLEEPER)], events.append)
    await supervisor.start()
    try:
        first, other = supervisor.process_id("a"), supervisor.process_id("b")
        os.kill(first, signal.SIGKILL)
        await _until(lambda: supervisor.process_id("a") != first)
        second = supervisor.process_id("a")
        assert _alive(second)
        assert supervisor.process_id("b") == other
        assert "a ended with signal SIGKILL" in events[0]
        assert str(tmp_path / "a.log") in events[0]
    finally:
        await supervisor.stop()
    assert not _alive(second)
    assert not _alive(other)


@pytest.mark.asyncio
async def test_a_process_that_ignores_the_end_is_killed(tmp_path):
    events: list[str] = []
    supervisor = Supervisor([_spec(tmp_path, "deaf", STUBBORN)], events.append, stop_grace_s=0.5)
    await supervisor.start()
    await _until(lambda: (tmp_path / "deaf.log").read_text() == "up\n")
    pid = supervisor.process_id("deaf")
    await supervisor.stop()
    assert not _alive(pid)
    assert events == ["deaf did not end within 0.5 s and is killed"]
