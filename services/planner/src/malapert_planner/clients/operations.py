"""Follows the long work of another service: its progress, its end, its cancellation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog
from malapert.operation.v1 import operation_pb2, operation_pb2_grpc
from malapert_core.errors import ErrorCategory, Fault, OperationCancelledError, UnavailableError
from malapert_core.errors import restored_error as error_of
from malapert_core.rpc.patience import Outage, Patience, current_patience

log = structlog.get_logger(__name__)

_PAUSE_S = 0.2


async def follow_operation(
    neighbour: str,
    stub: operation_pb2_grpc.OperationServiceAsyncStub,
    operation_id: str,
    progress: Callable[[float, str], None],
) -> str:
    """Return the result's identifier of an operation of a neighbour once it has succeeded.

    A service that restarts is waited for, as it takes its work up again, with the patience of the present work. Where
    the caller is cancelled, so is the operation.

    Raises
    ------
    MalapertError
        As the operation failed.
    OperationCancelledError
        Where somebody cancelled it.
    """
    patience = current_patience() or Patience(0.0, lambda _detail: None, asyncio.Event())
    try:
        operation = await _watched(stub, operation_id, progress, patience.outage(neighbour))
    except asyncio.CancelledError:
        await asyncio.shield(_cancel(stub, operation_id))
        raise
    if operation.state == operation_pb2.OPERATION_STATE_SUCCEEDED:
        return operation.result_id
    if operation.state == operation_pb2.OPERATION_STATE_CANCELLED:
        raise OperationCancelledError(message=f"the work {operation_id} was cancelled")
    faults = [Fault(fault.path, fault.code, fault.message) for fault in operation.faults]
    raise error_of(ErrorCategory.PRECONDITION, operation.error_reason, operation.error_message, None, faults)


async def _watched(
    stub: operation_pb2_grpc.OperationServiceAsyncStub,
    operation_id: str,
    progress: Callable[[float, str], None],
    outage: Outage,
) -> operation_pb2.Operation:
    while True:
        try:
            request = operation_pb2.WatchOperationRequest(operation_id=operation_id)
            async for response in stub.WatchOperation(request):
                outage.over()
                operation = response.operation
                if operation.state in _ENDED:
                    return operation
                _report(operation, progress)
        except UnavailableError as error:
            await outage.wait(error)
        else:
            await asyncio.sleep(_PAUSE_S)


_ENDED = (
    operation_pb2.OPERATION_STATE_SUCCEEDED,
    operation_pb2.OPERATION_STATE_FAILED,
    operation_pb2.OPERATION_STATE_CANCELLED,
)


def _report(operation: operation_pb2.Operation, progress: Callable[[float, str], None]) -> None:
    if operation.stages:
        stage = operation.stages[-1]
        # How many stages there will be is not known: each one begun halves what is left.
        done = 1.0 - 0.5 ** (len(operation.stages) - 1)
        share = done + (1.0 - done) * 0.5 * stage.fraction
        progress(share, f"{stage.title}: {stage.detail}" if stage.detail else stage.title)


async def _cancel(stub: operation_pb2_grpc.OperationServiceAsyncStub, operation_id: str) -> None:
    request = operation_pb2.CancelOperationRequest(operation_id=operation_id)
    try:
        await stub.CancelOperation(request, timeout=2.0)
    except Exception as error:
        log.warning("work of another service could not be cancelled", operation_id=operation_id, error=repr(error))
