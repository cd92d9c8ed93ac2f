"""Large inputs are read in processes: bounded in time and memory, and no event loop waits for them."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import reading_samples
from malapert_core.background import background
from malapert_core.errors import ExhaustedError, InvalidInputError
from malapert_core.loop_watch import MOST_HELD_S, LoopWatch
from malapert_core.reading_processes import ReadingProcesses


@pytest_asyncio.fixture
async def reading() -> AsyncIterator[ReadingProcesses]:
    processes = ReadingProcesses(["reading_samples"], most=2, time_limit_s=2.0, memory_limit_bytes=512 << 20)
    yield processes
    processes.close()


@pytest.mark.asyncio
async def test_results_and_refusals_come_back_and_what_takes_too_much_is_ended(reading: ReadingProcesses) -> None:
    assert await reading.run("JAXA", reading_samples.doubled, b"ab") == b"abab"
    with pytest.raises(InvalidInputError) as refused:
        await reading.run("JAXA", reading_samples.refused)
    assert refused.value.faults[0].code == "B"
    for hostile in (reading_samples.endless, reading_samples.greedy):
        with pytest.raises(ExhaustedError, match="READING_LIMIT"):
            await reading.run("OUTSIDER", hostile)
    assert await reading.run("JAXA", reading_samples.doubled, b"c") == b"cc"


@pytest.mark.asyncio
async def test_a_cancelled_reading_ends_and_frees_its_place(reading: ReadingProcesses) -> None:
    asked = asyncio.create_task(reading.run("JAXA", reading_samples.endless))
    await asyncio.sleep(0.1)
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    assert await reading.run("JAXA", reading_samples.doubled, b"c") == b"cc"


@pytest.mark.asyncio
async def test_the_event_loop_goes_on_while_something_is_read(reading: ReadingProcesses) -> None:
    await reading.run("JAXA", reading_samples.doubled, b"")
    watch = LoopWatch("test", interval_s=0.005)
    async with background(watch.run()):
        assert await reading.run("JAXA", reading_samples.held, 0.5) > 0
    assert watch.longest_by_cpu.thread_cpu_s < MOST_HELD_S
