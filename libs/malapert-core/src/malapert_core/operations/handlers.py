"""gRPC service of operations, which every service registers."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

from malapert.operation.v1 import operation_pb2, operation_pb2_grpc
from malapert.type.v1 import type_pb2

from malapert_core.errors import NotFoundError
from malapert_core.operations.operations import Operation, OperationRunner
from malapert_core.operations.store import OperationFilter, OperationState
from malapert_core.policy.identity import require_identity
from malapert_core.rpc.enum_filters import wanted_values
from malapert_core.rpc.paging import cursor_key, encode_cursor, page_size_of
from malapert_core.rpc.server import Registration
from malapert_core.timestamps import to_timestamp


def operation_message(operation: Operation) -> operation_pb2.Operation:
    """Return the protobuf message of an operation."""
    return operation_pb2.Operation(
        operation_id=operation.operation_id,
        kind=operation.kind,
        state=operation_pb2.OperationState.Value(f"OPERATION_STATE_{operation.state}"),
        owner_agency_id=operation.owner.agency_id,
        stages=[
            operation_pb2.OperationStage(
                name=stage.name,
                title=stage.title,
                fraction=stage.fraction,
                detail=stage.detail,
                elapsed_s=stage.elapsed_s,
                course=[operation_pb2.SolveMoment(**asdict(moment)) for moment in stage.course],
            )
            for stage in operation.stages
        ],
        result_id=operation.result_id,
        error_reason=operation.error_reason,
        error_message=operation.error_message,
        faults=[type_pb2.Fault(path=f.path, code=f.code, message=f.message) for f in operation.faults],
        created_time=to_timestamp(operation.created_time),
        updated_time=to_timestamp(operation.updated_time),
        attempt=operation.attempt,
        mission_id=operation.mission_id,
        principal_id=operation.owner.principal_id,
    )


class OperationHandlers(operation_pb2_grpc.OperationServiceServicer):
    """Serves operations to the principals of their agency whose keys are for the mission, and to services."""

    def __init__(self, runner: OperationRunner) -> None:
        self._runner = runner

    async def GetOperation(  # noqa: N802
        self, request: operation_pb2.GetOperationRequest, context: Any
    ) -> operation_pb2.GetOperationResponse:
        """Return one operation."""
        operation = await self._visible(request.operation_id)
        return operation_pb2.GetOperationResponse(operation=operation_message(operation))

    async def ListOperations(  # noqa: N802
        self, request: operation_pb2.ListOperationsRequest, context: Any
    ) -> operation_pb2.ListOperationsResponse:
        """Return a page of the operations that the caller may see."""
        identity = require_identity()
        size = page_size_of(request.page.page_size)
        before_id = cursor_key(request.page.page_token)
        wanted = OperationFilter(
            before_id=before_id,
            agency_id=None if identity.is_service else identity.agency_id,
            within=identity.mission_ids,
            states=wanted_values(OperationState, request.states, operation_pb2.OperationState.DESCRIPTOR, "states"),
            kinds=frozenset(request.kinds),
        )
        operations = await self._runner.page(size + 1, wanted)
        more = len(operations) > size
        return operation_pb2.ListOperationsResponse(
            operations=[operation_message(operation) for operation in operations[:size]],
            next_page_token=encode_cursor(operations[size - 1].operation_id) if more else "",
        )

    async def WatchOperation(  # noqa: N802
        self, request: operation_pb2.WatchOperationRequest, context: Any
    ) -> AsyncIterator[operation_pb2.WatchOperationResponse]:
        """Stream one operation until it ends."""
        await self._visible(request.operation_id)
        async for operation in self._runner.watch(request.operation_id):
            yield operation_pb2.WatchOperationResponse(operation=operation_message(operation))

    async def CancelOperation(  # noqa: N802
        self, request: operation_pb2.CancelOperationRequest, context: Any
    ) -> operation_pb2.CancelOperationResponse:
        """Ask one operation to stop."""
        await self._visible(request.operation_id)
        operation = await self._runner.cancel(request.operation_id)
        return operation_pb2.CancelOperationResponse(operation=operation_message(operation))

    async def _visible(self, operation_id: str) -> Operation:
        identity = require_identity()
        operation = await self._runner.get(operation_id)
        shown = operation.owner.agency_id == identity.agency_id and (
            not operation.mission_id or identity.may_enter(operation.mission_id)
        )
        if not identity.is_service and not shown:
            raise NotFoundError("operation", operation_id)
        return operation


def operation_registration(runner: OperationRunner) -> Registration:
    """Return what a gRPC server needs to serve a runner's operations."""
    return Registration(
        "malapert.operation.v1.OperationService",
        operation_pb2_grpc.add_OperationServiceServicer_to_server,
        OperationHandlers(runner),
    )
