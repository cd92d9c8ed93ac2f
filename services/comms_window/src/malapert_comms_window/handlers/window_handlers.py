"""The gRPC face of windows: translation only."""

from typing import Any

from malapert.comms_window.v1 import window_pb2, window_pb2_grpc
from malapert_core.errors import InvalidInputError
from malapert_core.operations.operations import OperationContext, OperationRunner
from malapert_core.policy.identity import require_identity
from malapert_core.rpc.mapping import to_message
from malapert_core.rpc.paging import decode_cursor, next_cursor, page_size_of

from malapert_comms_window.handlers.messages.windows import window_filter_of, window_request_of
from malapert_comms_window.services.windows.windows import WindowService

COMPUTE_WINDOWS = "compute_windows"


class WindowHandlers(window_pb2_grpc.WindowServiceServicer):
    """Serves windows, and does the operations that compute them."""

    def __init__(self, windows: WindowService, operations: OperationRunner) -> None:
        self._windows = windows
        self._operations = operations
        operations.register(COMPUTE_WINDOWS, self.compute)

    async def compute(self, context: OperationContext) -> str:
        """Do one operation."""
        message = window_pb2.ComputeWindowsRequest.FromString(context.request)
        return await self._windows.compute(context, window_request_of(message))

    async def ComputeWindows(  # noqa: N802
        self, request: window_pb2.ComputeWindowsRequest, context: Any
    ) -> window_pb2.ComputeWindowsResponse:
        """Start a computation."""
        await self._windows.check(window_request_of(request))
        content = request.SerializeToString(deterministic=True)
        operation_id = await self._operations.submit(
            None, COMPUTE_WINDOWS, content, require_identity(), request.mission_id
        )
        return window_pb2.ComputeWindowsResponse(operation_id=operation_id)

    async def GetWindowSet(  # noqa: N802
        self, request: window_pb2.GetWindowSetRequest, context: Any
    ) -> window_pb2.GetWindowSetResponse:
        """Return what a set holds, without its windows."""
        window_set = await self._windows.get(request.window_set_id)
        return window_pb2.GetWindowSetResponse(window_set=to_message(window_set, window_pb2.WindowSet))

    async def ListWindows(  # noqa: N802
        self, request: window_pb2.ListWindowsRequest, context: Any
    ) -> window_pb2.ListWindowsResponse:
        """List the windows of a set in order of their start."""
        size = page_size_of(request.page.page_size)
        after = _sequence_of(request.page.page_token) if request.page.page_token else -1
        wanted = window_filter_of(request)
        found = await self._windows.page(request.window_set_id, wanted, after, size + 1)
        return window_pb2.ListWindowsResponse(
            windows=[to_message(window, window_pb2.Window) for _, window in found[:size]],
            next_page_token=next_cursor(found, size, lambda row: str(row[0])),
        )


def _sequence_of(page_token: str) -> int:
    (sequence,) = decode_cursor(page_token)
    if not sequence.isdecimal():
        raise InvalidInputError("INVALID_PAGE_TOKEN", "the page token is not one of this listing")
    return int(sequence)
