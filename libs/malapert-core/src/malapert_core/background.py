"""Background tasks and waiting, such that a stop always arrives."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")

_PATIENCE_S = 5.0
_TURN_S = 0.005


async def in_turns(function: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """Return what a function returns for each of many items; every few milliseconds the event loop goes on between."""
    results: list[R] = []
    until_s = time.perf_counter() + _TURN_S
    for item in items:
        results.append(function(item))
        if time.perf_counter() >= until_s:
            await asyncio.sleep(0)
            until_s = time.perf_counter() + _TURN_S
    return results


async def wait_at_most(event: asyncio.Event, seconds: float) -> None:
    """Return once an event is set, or after some seconds."""
    # Not asyncio.wait_for: on Python 3.11 it loses a cancellation that comes together with the event.
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


@asynccontextmanager
async def background(*runs: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run coroutines beside a block and end them with it."""
    tasks = [asyncio.create_task(run) for run in runs]
    try:
        yield
    finally:
        await end_tasks(tasks)


async def together(*runs: Coroutine[Any, Any, None]) -> None:
    """Run coroutines until all have ended or one fails; return once none runs any more.

    Not asyncio.TaskGroup: it cancels its tasks once, and waits without end for one that lost the cancellation.
    """
    tasks = [asyncio.create_task(run) for run in runs]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
    finally:
        await end_tasks(tasks)


async def end_tasks(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks and return once all have ended; their errors are dropped.

    Raises
    ------
    asyncio.CancelledError
        Once all have ended, where the caller was cancelled meanwhile.
    """
    left, cancelled = set(tasks), False
    while left:
        # Again and again, for a library may lose a cancellation on its way.
        for task in left:
            task.cancel()
        try:
            _, left = await asyncio.wait(left, timeout=_PATIENCE_S)
        except asyncio.CancelledError:
            cancelled = True
            left = {task for task in left if not task.done()}
    if cancelled:
        raise asyncio.CancelledError
