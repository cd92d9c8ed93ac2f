"""What runs in the background ends when it is told to, even where a library loses that on the way."""

import asyncio
from contextlib import suppress

import pytest
from malapert_core import background
from malapert_core.background import end_tasks, together


class Deaf:
    """A run that loses so many cancellations before it ends."""

    def __init__(self, losses: int) -> None:
        self.losses = losses
        self.ended = False

    async def run(self) -> None:
        for _ in range(self.losses):
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
        try:
            await asyncio.Event().wait()
        finally:
            self.ended = True


async def fail() -> None:
    await asyncio.sleep(0)
    raise LookupError("gone")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "_PATIENCE_S", 0.01)


@pytest.mark.asyncio
async def test_runs_end_together_though_each_loses_cancellations() -> None:
    runs = [Deaf(0), Deaf(1), Deaf(3)]
    task = asyncio.create_task(together(*(run.run() for run in runs)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await end_tasks([task])
    assert task.cancelled()
    assert [run.ended for run in runs] == [True, True, True]


@pytest.mark.asyncio
async def test_the_first_failure_ends_all_and_is_raised() -> None:
    deaf = Deaf(1)
    async with asyncio.timeout(5):
        with pytest.raises(LookupError, match="gone"):
            await together(deaf.run(), fail())
    assert deaf.ended


@pytest.mark.asyncio
async def test_who_is_cancelled_while_ending_tasks_ends_them_first() -> None:
    deaf = Deaf(2)
    run = asyncio.create_task(deaf.run())
    await asyncio.sleep(0)
    ending = asyncio.create_task(end_tasks([run]))
    await asyncio.sleep(0)
    ending.cancel()
    async with asyncio.timeout(5):
        with pytest.raises(asyncio.CancelledError):
            await ending
    assert deaf.ended
