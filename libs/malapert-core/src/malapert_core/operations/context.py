"""Context of an operation's handler: its request, its owner, progress, cancellation, and the way to end."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_core.db.database import Database
from malapert_core.errors import OperationCancelledError
from malapert_core.operations.course import SolveFound, with_moment
from malapert_core.operations.store import Operation, OperationState, OperationStore, Stage


class OperationContext:
    """View of an operation for its handler. `stage` and `progress` may be called from any thread.

    Attributes
    ----------
    operation_id, request, identity : str, bytes, Identity
        The operation, its request as given to `submit`, and who asked for it.
    cancelled : asyncio.Event
        Set once somebody asked to stop; ``cancelled.is_set()`` may be read from any thread.
    lost : bool
        True once another process has the operation in hand: nothing that is done here counts any more.
    """

    def __init__(self, database: Database, operation: Operation, notify: Callable[[str], None]) -> None:
        self.operation_id = operation.operation_id
        self.request = operation.request
        self.identity = operation.owner
        self.cancelled = asyncio.Event()
        self.operation = operation
        self.changed = asyncio.Event()
        self.closed = asyncio.Event()
        self.lost = False
        self._detail_before_wait: str | None = None
        self._database = database
        self._notify = notify
        self._loop = asyncio.get_running_loop()
        self._stage_began_s = time.monotonic()

    def stage(self, name: str, title: str) -> None:
        """Begin a stage; the one before is complete."""
        self._loop.call_soon_threadsafe(self._begin_stage, name, title)

    def progress(self, fraction: float, detail: str = "", found: SolveFound | None = None) -> None:
        """State how much of the present stage is done, 0 to 1, and of a solve what it has found."""
        self._loop.call_soon_threadsafe(self._progress, fraction, detail, found)

    def waits(self, detail: str) -> None:
        """State what the present stage waits for, empty once it goes on; how much is done stays as it is."""
        self._loop.call_soon_threadsafe(self._waits, detail)

    def raise_if_cancelled(self) -> None:
        """Raise OperationCancelledError once somebody asked to stop."""
        if self.cancelled.is_set():
            raise OperationCancelledError

    @asynccontextmanager
    async def finish(self, result_id: str) -> AsyncIterator[AsyncSession]:
        """Open the transaction in which the result is written and the operation succeeds: both or neither."""
        await asyncio.sleep(0)  # lets progress that was stated just now be counted
        self.raise_if_cancelled()
        self._complete_stage()
        async with self._database.transaction() as session:
            yield session
            await OperationStore(session).succeed(self.operation, result_id)
        self.operation = replace(self.operation, state=OperationState.SUCCEEDED, result_id=result_id)

    def _begin_stage(self, name: str, title: str) -> None:
        self._complete_stage()
        self._detail_before_wait = None
        self._stage_began_s = time.monotonic()
        self._publish((*self.operation.stages, Stage(name, title)))

    def _progress(self, fraction: float, detail: str, found: SolveFound | None) -> None:
        if not self.operation.stages:
            self._begin_stage(self.operation.kind, self.operation.kind.replace("_", " "))
        bounded = min(max(fraction, 0.0), 1.0)
        self._detail_before_wait = None
        present = self._present(bounded, detail)
        if found is not None:
            present = replace(present, course=with_moment(present.course, present.elapsed_s, found))
        self._publish((*self.operation.stages[:-1], present))

    def _waits(self, detail: str) -> None:
        if not self.operation.stages:
            self._begin_stage(self.operation.kind, self.operation.kind.replace("_", " "))
        present = self.operation.stages[-1]
        if self._detail_before_wait is None:
            self._detail_before_wait = present.detail
        if not detail:
            detail, self._detail_before_wait = self._detail_before_wait, None
        self._publish((*self.operation.stages[:-1], self._present(present.fraction, detail)))

    def _complete_stage(self) -> None:
        if self.operation.stages:
            last = self._present(1.0, self.operation.stages[-1].detail)
            self.operation = self.operation.with_stages((*self.operation.stages[:-1], last))

    def _present(self, fraction: float, detail: str) -> Stage:
        elapsed_s = round(time.monotonic() - self._stage_began_s, 3)
        return replace(self.operation.stages[-1], fraction=fraction, detail=detail, elapsed_s=elapsed_s)

    def _publish(self, stages: tuple[Stage, ...]) -> None:
        if self.operation.ended:
            return
        self.operation = self.operation.with_stages(stages)
        self.changed.set()
        self._notify(self.operation_id)


OperationHandler = Callable[[OperationContext], Awaitable[str | None]]
"""Does the work and returns the result's identifier, or has used `OperationContext.finish` and returns None.

A handler may be begun again after a crash: what it writes before it finishes must be the same when written twice.
"""
