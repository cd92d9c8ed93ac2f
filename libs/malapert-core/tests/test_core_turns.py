"""Work on many items that lets the event loop go on, and inputs that are read in a thread or apart by their size."""

import asyncio
import os
import threading
import time

import pytest
from malapert_core.background import in_turns
from malapert_core.reading_processes import QUICK_BYTES, ReadingProcesses


@pytest.mark.asyncio
async def test_loop_goes_on_between_items() -> None:
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0)

    beating = asyncio.create_task(beat())
    doubled = await in_turns(_doubled_slowly, range(20))
    beating.cancel()
    assert doubled == [2 * number for number in range(20)]
    assert beats >= 10


@pytest.mark.asyncio
async def test_no_items_are_no_work() -> None:
    assert await in_turns(_doubled_slowly, []) == []


@pytest.mark.asyncio
async def test_small_input_is_read_here_and_large_one_apart() -> None:
    async with ReadingProcesses() as reading:
        assert await reading.by_size(QUICK_BYTES, "JAXA", os.getpid) == os.getpid()
        assert await reading.by_size(QUICK_BYTES, "JAXA", threading.get_ident) != threading.get_ident()
        assert await reading.by_size(QUICK_BYTES + 1, "JAXA", os.getpid) != os.getpid()


def _doubled_slowly(number: int) -> int:
    time.sleep(0.006)
    return 2 * number
