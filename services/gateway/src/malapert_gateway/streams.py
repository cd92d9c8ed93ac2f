"""Streams of answers that end when the process stops, or what their reader calls by."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from malapert_core.errors import DatabaseAwayError
from sqlalchemy.exc import SQLAlchemyError

T = TypeVar("T")
_CHECK_S = 3.0


async def until_seen(is_ended: Callable[[], Awaitable[bool]]) -> None:
    """Return within seconds of an end that the database tells of; a database that fails meanwhile ends nothing."""
    while True:
        with suppress(SQLAlchemyError, DatabaseAwayError):
            if await is_ended():
                return
        await asyncio.sleep(_CHECK_S)


async def until(end: Coroutine[Any, Any, None], items: AsyncIterator[T]) -> AsyncIterator[T]:
    """Yield items until they end or what is awaited returns; an item that is awaited then is given up."""
    stopped = asyncio.create_task(end)
    following: asyncio.Task[T | None] | None = None
    try:
        while True:
            following = asyncio.create_task(_next(items))
            await asyncio.wait({stopped, following}, return_when=asyncio.FIRST_COMPLETED)
            if not following.done() or (item := following.result()) is None:
                return
            yield item
    finally:
        pending = [task for task in (stopped, following) if task is not None and not task.done()]
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)


async def _next(items: AsyncIterator[T]) -> T | None:
    return await anext(items, None)
