"""The supervisor restarts what dies and leaves nothing behind."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from malapert_cli import up
from malapert_cli.data_directory import DataDirectoryError, held
from malapert_cli.supervisor import MOST_DEATHS, ProcessSpec, Supervisor

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


@pytest.mark.asyncio
async def test_a_process_that_keeps_dying_is_given_up_with_its_last_words(tmp_path):
    events: list[str] = []
    (tmp_path / "hopeless.log").write_text("of an earlier run\n")
    spec = _spec(tmp_path, "hopeless", "import sys; print('[red]no such thing'); sys.exit(3)")
    supervisor = Supervisor([spec, _spec(tmp_path, "b", SLEEPER)], events.append, first_backoff_s=0.01)
    await supervisor.start()
    try:
        async with asyncio.timeout(20):
            failure = await supervisor.failed()
    finally:
        await supervisor.stop()
    assert failure.startswith(f"hopeless ended {MOST_DEATHS} times")
    assert "exit code 3" in failure
    assert "[red]no such thing" in failure
    assert "earlier" not in failure
    assert len(events) == MOST_DEATHS - 1
    assert not _alive(supervisor.process_id("b"))


@pytest.mark.asyncio
async def test_what_has_worked_is_started_again_however_often_it_is_killed(tmp_path):
    supervisor = Supervisor([_spec(tmp_path, "a", SLEEPER)], lambda _line: None, first_backoff_s=0.0)
    await supervisor.start()
    failing = asyncio.create_task(supervisor.failed())
    try:
        supervisor.settle()
        for _ in range(MOST_DEATHS + 2):
            pid = supervisor.process_id("a")
            os.kill(pid, signal.SIGKILL)
            await _until(lambda pid=pid: supervisor.process_id("a") != pid)
        assert _alive(supervisor.process_id("a"))
        assert not failing.done()
    finally:
        failing.cancel()
        await supervisor.stop()


@pytest.mark.asyncio
async def test_how_much_the_processes_compute_is_told(tmp_path):
    busy = "import time\nwhile time.process_time() < 0.3: pass\nprint('up', flush=True); time.sleep(600)"
    supervisor = Supervisor([_spec(tmp_path, "a", busy)], lambda _line: None)
    await supervisor.start()
    try:
        await _until(lambda: (tmp_path / "a.log").read_text() == "up\n")
        assert 0.25 <= supervisor.cpu_s() < 5
    finally:
        await supervisor.stop()
    assert supervisor.cpu_s() is None


@pytest.mark.asyncio
@pytest.mark.parametrize(("computed_s", "rounds", "told"), [(8.0, 3, ""), (5.0, 1, "planner"), (None, 1, "planner")])
async def test_a_slow_start_is_waited_for_while_processes_compute(monkeypatch, computed_s, rounds, told):
    """As long as they compute: 6 s of CPU in 120 s are more than waiting takes."""
    asked: list[int] = []

    class Computing:
        def cpu_s(self):
            return None if computed_s is None else len(asked) * computed_s

    async def missing(_run):
        asked.append(1)
        return "" if len(asked) == 3 else "planner"

    monkeypatch.setattr(up._Run, "_missing", missing)
    run = up._Run(None, [], False, 0)
    assert await run._missing_at_last(Computing()) == told
    assert len(asked) == rounds


@pytest.mark.asyncio
async def test_what_cannot_be_started_is_named(tmp_path):
    spec = ProcessSpec("absent", (str(tmp_path / "absent"),), {}, tmp_path / "absent.log")
    supervisor = Supervisor([spec], lambda _line: None)
    await supervisor.start()
    async with asyncio.timeout(5):
        assert "absent cannot be started: " in await supervisor.failed()
    await supervisor.stop()


@pytest.mark.asyncio
async def test_logs_and_what_processes_write_are_their_owners_alone(tmp_path):
    spec = _spec(tmp_path, "a", f"open({str(tmp_path / 'made')!r}, 'w'); print('up', flush=True); {SLEEPER}")
    supervisor = Supervisor([spec], lambda _line: None)
    await supervisor.start()
    await _until(lambda: "up" in (tmp_path / "a.log").read_text())
    await supervisor.stop()
    assert [(tmp_path / name).stat().st_mode & 0o077 for name in ("a.log", "made")] == [0, 0]


SUPERVISING = """
import asyncio, sys
from pathlib import Path
from malapert_cli import up
from malapert_cli.data_directory import held
from malapert_cli.supervisor import ProcessSpec, Supervisor

async def main(folder):
    with held(folder, "http://here") as lock:
        specs = [ProcessSpec(n, (sys.executable, "-c", sys.argv[2]), {}, folder / f"{n}.log") for n in "ab"]
        supervisor = Supervisor(specs, print, held_descriptors=(lock,))
        await supervisor.start()
        print(*(supervisor.process_id(name) for name in "ab"), flush=True)
        await asyncio.sleep(600)

asyncio.run(main(Path(sys.argv[1])))
"""


@pytest.mark.asyncio
async def test_nothing_outlives_a_killed_supervisor_and_the_directory_is_free_again(tmp_path):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SUPERVISING, str(tmp_path), STUBBORN), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    children = [int(word) for word in (await process.stdout.readline()).split()]
    assert all(_alive(pid) for pid in children)
    with (
        pytest.raises(DataDirectoryError, match=f"process {process.pid} on .* at http://here, since "),
        held(tmp_path, ""),
    ):
        pytest.fail("it is held")
    process.kill()
    await process.wait()
    await _until(lambda: not any(_runs(pid) for pid in children))
    await _until(lambda: _can_be_held(tmp_path))


@pytest.mark.asyncio
async def test_a_guard_that_died_is_replaced_so_that_still_nothing_outlives_the_supervisor(tmp_path):
    lines: list[str] = []
    supervisor = Supervisor(
        [_spec(tmp_path, "a", SLEEPER)], on_event=lines.append, stop_grace_s=0.3, first_backoff_s=0.05
    )
    await supervisor.start()
    first = supervisor._guard
    assert first is not None
    first.kill()
    await _until(lambda: supervisor._guard is not first)
    second, child = supervisor._guard, supervisor.process_id("a")
    assert second is not None
    assert second.stdin is not None
    # Its input ends as where the supervisor is killed.
    second.stdin.close()
    await _until(lambda: not _runs(child) or supervisor.process_id("a") != child)
    await supervisor.stop()
    assert sum("the guard ended" in line for line in lines) >= 1


def _runs(pid: int) -> bool:
    """Whether a process lives that is no mere entry its parent has not asked for yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return Path("/proc").is_dir() is False and _alive(pid)


def _can_be_held(folder: Path) -> bool:
    try:
        with held(folder, ""):
            return True
    except DataDirectoryError:
        return False
