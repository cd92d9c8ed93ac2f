"""A held event loop is noticed, with the CPU time that the hold took."""

import asyncio
import gc
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from types import ModuleType

import pytest
from malapert_core.background import background
from malapert_core.loop_watch import MOST_HELD_S, SWITCH_INTERVAL_S, LoopWatch, spare_what_is_loaded
from malapert_core.service import run_until_stopped


@pytest.mark.asyncio
async def test_a_hold_is_measured_with_its_cpu_time() -> None:
    watch = LoopWatch("test", interval_s=0.002)
    async with background(watch.run()):
        await asyncio.sleep(0.02)
        until_s = time.thread_time() + 0.12
        while time.thread_time() < until_s:
            pass
        await asyncio.sleep(0.02)
        assert watch.longest.duration_s > 2 * MOST_HELD_S
        assert watch.longest_by_cpu.thread_cpu_s > 2 * MOST_HELD_S
        watch.forget()
        time.sleep(0.12)  # noqa: ASYNC251 - what is measured: a hold without work
        await asyncio.sleep(0.02)
        assert watch.longest.duration_s > 2 * MOST_HELD_S
        assert watch.longest.thread_cpu_s < MOST_HELD_S


@pytest.mark.asyncio
async def test_a_hold_says_what_of_it_was_collecting_garbage() -> None:
    before = list(gc.callbacks)
    watch = LoopWatch("test", interval_s=0.002)
    async with background(watch.run()):
        await asyncio.sleep(0.02)
        assert watch.longest_by_cpu.collecting_s == 0.0
        gc.collect()
        await asyncio.sleep(0.02)
        assert 0.0 < watch.longest_by_cpu.collecting_s <= watch.longest_by_cpu.thread_cpu_s
    assert gc.callbacks == before


@pytest.mark.asyncio
@pytest.mark.usefixtures("_process_as_it_was")
async def test_a_process_that_serves_spares_what_it_loaded_and_lets_its_loop_in() -> None:
    started = asyncio.Event()

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        asyncio.get_running_loop().call_later(0.05, started.set)
        yield

    serving = asyncio.create_task(run_until_stopped(running()))
    try:
        await started.wait()
        assert sys.getswitchinterval() == pytest.approx(SWITCH_INTERVAL_S)
        assert gc.get_freeze_count() > 10_000
        assert len(gc.get_objects()) < gc.get_freeze_count() / 10
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        await serving


@pytest.fixture
def _process_as_it_was() -> Iterator[None]:
    before, interval_s = list(gc.callbacks), sys.getswitchinterval()
    yield
    sys.setswitchinterval(interval_s)
    gc.callbacks[:] = before
    gc.unfreeze()


@pytest.mark.usefixtures("_process_as_it_was")
def test_the_collector_does_not_look_through_what_is_loaded_at_the_first_use_of_something(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spare_what_is_loaded()
    spared = gc.get_freeze_count()
    data = [[number] for number in range(5_000)]
    gc.collect()
    assert gc.get_freeze_count() == spared, "what is no module may become garbage"
    for number in range(40):
        module = ModuleType(f"loaded_later_{number}")
        module.models = [{"of": [index]} for index in range(500)]  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
    gc.collect(1)
    assert gc.get_freeze_count() == spared, "a young collection is short in any case"
    gc.collect()
    assert gc.get_freeze_count() > spared + 40 * 500
    assert len(gc.get_objects(2)) < 40 * 500
    spared = gc.get_freeze_count()
    data += [[number] for number in range(5_000)]
    gc.collect()
    assert gc.get_freeze_count() == spared, "once for each time that much was loaded"
