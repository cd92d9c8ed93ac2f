"""Bounded pool for long numerical work, off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Compute:
    """Runs functions in threads, at most `concurrency` at once."""

    def __init__(self, concurrency: int) -> None:
        self._free = asyncio.Semaphore(concurrency)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what a function returns, run in a thread."""
        async with self._free:
            return await asyncio.to_thread(function, *args, **kwargs)
