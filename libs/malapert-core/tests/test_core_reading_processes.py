"""Large inputs are read in processes: bounded in time and memory, and no event loop waits for them."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import closing

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


@pytest.mark.asyncio
async def test_a_reader_that_waits_keeps_nothing_of_what_it_read(reading: ReadingProcesses) -> None:
    process_id = await reading.run("JAXA", os.getpid)
    before_mb = reading_samples.memory_mb(process_id)
    assert len(await reading.run("JAXA", reading_samples.doubled, bytes(32 << 20))) == 64 << 20
    await reading.run("JAXA", reading_samples.spread, bytes(32 << 20), 200_000)
    async with asyncio.timeout(20):
        while reading_samples.memory_mb(process_id) > before_mb + 8:
            await asyncio.sleep(0.05)
    assert await reading.run("JAXA", os.getpid) == process_id


@pytest.mark.asyncio
async def test_readers_give_way_to_their_service() -> None:
    own = os.nice(0)
    for niceness in (0, 5):
        with closing(ReadingProcesses(["reading_samples"], niceness=niceness)) as reading:
            assert await reading.run("JAXA", reading_samples.niceness) == min(19, own + niceness)


@pytest.mark.asyncio
async def test_the_time_of_a_reading_is_the_cpu_time_that_it_takes() -> None:
    with closing(ReadingProcesses(["reading_samples"], time_limit_s=0.4)) as reading:
        assert await reading.run("JAXA", reading_samples.idle_for, 0.8) == "done", "a busy machine gave it no core"
        with pytest.raises(ExhaustedError, match=r"more than the 0\.4 s"):
            await reading.run("JAXA", reading_samples.busy)
        for _ in range(4):  # each has the whole time
            assert await reading.run("JAXA", reading_samples.held, 0.15) > 0
