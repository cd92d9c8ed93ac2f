"""Long work of the platform: a handle to follow it, to wait for what it makes, and to ask it to stop."""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from malapert_client.errors import WorkError

if TYPE_CHECKING:
    from malapert_http_models.contracts.operation import Operation

    from malapert_client.generated.async_calls import AsyncCalls
    from malapert_client.generated.sync_calls import Calls

Result = TypeVar("Result")
Progress = Callable[["Operation"], object]
ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")


class Work(Generic[Result]):
    """Work that was begun.

    Parameters
    ----------
    calls
        The API's calls.
    operation
        The work as it was begun.
    read
        Returns what the work made, by its identifier.
    """

    def __init__(self, calls: "Calls", operation: "Operation", read: Callable[[str], Any] | None) -> None:
        self._calls = calls
        self._read = read
        self.operation = operation

    @property
    def operation_id(self) -> str:
        """Identifier of the work, by which another process can follow it."""
        return self.operation.operation_id

    def states(self) -> Iterator["Operation"]:
        """Yield the work's states until it ends; a stream that breaks is taken up again."""
        if self.operation.state in ENDED:
            yield self.operation
            return
        for operation in self._calls.watch_operation(self.operation_id):
            self.operation = operation
            yield operation

    def wait(self, progress: Progress | None = None) -> "Operation":
        """Wait for the end and return the last state.

        Parameters
        ----------
        progress
            Called with each state.

        Raises
        ------
        WorkError
            Where the work failed or was cancelled.
        """
        for operation in self.states():
            if progress:
                progress(operation)
        return succeeded(self.operation)

    def result(self, progress: Progress | None = None) -> Result:
        """Wait for the end and return what was made.

        Raises
        ------
        WorkError
            Where the work failed or was cancelled.
        """
        ended = self.wait(progress)
        made: Result = self._read(ended.result_id) if self._read else ended  # type: ignore[assignment]
        return made

    def cancel(self) -> "Operation":
        """Ask the work to stop, and return its state."""
        self.operation = self._calls.cancel_operation(self.operation_id)
        return self.operation


class AsyncWork(Generic[Result]):
    """Work that was begun; awaited, it is what was made."""

    def __init__(
        self, calls: "AsyncCalls", operation: "Operation", read: Callable[[str], Awaitable[Any]] | None
    ) -> None:
        self._calls = calls
        self._read = read
        self.operation = operation

    @property
    def operation_id(self) -> str:
        """Identifier of the work, by which another process can follow it."""
        return self.operation.operation_id

    def __await__(self) -> Generator[Any, None, Result]:
        return self.result().__await__()

    async def states(self) -> AsyncIterator["Operation"]:
        """Yield the work's states until it ends; a stream that breaks is taken up again."""
        if self.operation.state in ENDED:
            yield self.operation
            return
        async for operation in self._calls.watch_operation(self.operation_id):
            self.operation = operation
            yield operation

    async def wait(self, progress: Progress | None = None) -> "Operation":
        """Wait for the end and return the last state.

        Parameters
        ----------
        progress
            Called with each state, and awaited where it is to be.

        Raises
        ------
        WorkError
            Where the work failed or was cancelled.
        """
        async for operation in self.states():
            told = progress(operation) if progress else None
            if inspect.isawaitable(told):
                await told
        return succeeded(self.operation)

    async def result(self, progress: Progress | None = None) -> Result:
        """Wait for the end and return what was made.

        Raises
        ------
        WorkError
            Where the work failed or was cancelled.
        """
        ended = await self.wait(progress)
        made: Result = (await self._read(ended.result_id)) if self._read else ended  # type: ignore[assignment]
        return made

    async def cancel(self) -> "Operation":
        """Ask the work to stop, and return its state."""
        self.operation = await self._calls.cancel_operation(self.operation_id)
        return self.operation


def succeeded(operation: "Operation") -> "Operation":
    """Return work that ended well.

    Raises
    ------
    WorkError
        Where it failed or was cancelled, with its reason and faults.
    """
    if operation.state == "SUCCEEDED":
        return operation
    raise WorkError(
        {
            "title": f"operation {operation.state.lower()}",
            "detail": operation.error_message or f"operation {operation.operation_id}",
            "reason": operation.error_reason or operation.state.value,
            "errors": [fault.model_dump() for fault in operation.faults],
        }
    )
