"""Long work: how far it is, live progress, and asking it to stop."""

from collections.abc import AsyncIterable
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from malapert.operation.v1 import operation_pb2
from malapert_core.errors import MalapertError
from malapert_http_models.contracts.operation import Operation, OperationPage, OperationState

from malapert_gateway import policy, problems
from malapert_gateway.conversion import enum_numbers, to_model
from malapert_gateway.routes.guarded import GuardedRoute, StreamRoute
from malapert_gateway.routes.parameters import (
    CallerCredentials,
    CallerIdentity,
    GatewayParts,
    OperationId,
    Page,
    only_these,
)
from malapert_gateway.services.clients import ServiceName
from malapert_gateway.services.gateway import Gateway
from malapert_gateway.streams import until

router = APIRouter(prefix="/operations", tags=["operations"], route_class=GuardedRoute)
stream_router = APIRouter(prefix="/operations", tags=["operations"], route_class=StreamRoute)


class OperationKind(StrEnum):
    """A kind of long work that a service does."""

    ASSESS_ROBUSTNESS = "assess_robustness"
    COMPUTE_PRODUCTS = "compute_products"
    COMPUTE_WINDOWS = "compute_windows"
    GENERATE_PLAN = "generate_plan"
    REPLAN_PLAN = "replan_plan"
    SEARCH_SITES = "search_sites"


_ENDED = (OperationState.SUCCEEDED, OperationState.FAILED, OperationState.CANCELLED)


async def started(gateway: Gateway, service: ServiceName, operation_id: str, response: Response) -> Operation:
    """Return an operation that a service has just begun, and say where to follow it."""
    gateway.operations.remember(operation_id, service)
    _, operation = await gateway.operations.find(operation_id)
    response.headers["Location"] = f"/api/v1/operations/{operation_id}"
    return to_model(operation, Operation)


async def service_of(operation_id: OperationId, gateway: GatewayParts) -> ServiceName:
    """Return the service that does an operation; refuses what the caller may not see before a stream begins."""
    service, _ = await gateway.operations.find(operation_id)
    return service


@router.get("")
async def list_operations(
    gateway: GatewayParts,
    page: Page,
    states: Annotated[list[OperationState] | None, only_these("operations that stand so")] = None,
    kinds: Annotated[list[OperationKind] | None, only_these("these kinds", ["generate_plan"])] = None,
) -> OperationPage:
    """List the operations of all services that the caller may see, newest first."""
    wanted = operation_pb2.ListOperationsRequest(
        states=enum_numbers(operation_pb2.OperationState.DESCRIPTOR, states), kinds=kinds, page=page
    )
    return await gateway.answer(await gateway.operations.page(wanted), OperationPage)


@router.get("/{operation_id}")
async def get_operation(operation_id: OperationId, gateway: GatewayParts) -> Operation:
    """Return one operation as it stands."""
    _, operation = await gateway.operations.find(operation_id)
    return await gateway.answer(operation, Operation)


@stream_router.get("/{operation_id}/events", response_class=EventSourceResponse)
async def watch_operation(
    operation_id: OperationId,
    request: Request,
    gateway: GatewayParts,
    identity: CallerIdentity,
    credentials: CallerCredentials,
    service: Annotated[ServiceName, Depends(service_of)],
) -> AsyncIterable[ServerSentEvent]:
    """Stream the operation at once and at each change as server-sent events, until it ends.

    Each event's data is the operation. Events are named `progress`; the last one is named `end`, or `error` with a
    problem where the service was lost: connect again to go on.
    """
    message = operation_pb2.WatchOperationRequest(operation_id=operation_id)
    watched = gateway.services.operations[service].WatchOperation(message)
    try:
        async for answer in until(gateway.stream_ended(identity, credentials), aiter(watched)):
            operation = to_model(answer.operation, Operation)
            yield ServerSentEvent(data=operation, event="end" if operation.state in _ENDED else "progress")
    except MalapertError as error:
        yield ServerSentEvent(data=problems.problem_of(request, error), event="error")


@router.post("/{operation_id}:cancel")
async def cancel_operation(operation_id: OperationId, gateway: GatewayParts, identity: CallerIdentity) -> Operation:
    """Ask an operation of the caller's agency to stop; one that has ended is left as it is."""
    service, operation = await gateway.operations.find(operation_id)
    policy.require_agency("cancel_operation", identity, [operation.owner_agency_id])
    message = operation_pb2.CancelOperationRequest(operation_id=operation_id)
    answer = await gateway.call(gateway.services.operations[service].CancelOperation, message)
    return await gateway.answer(answer.operation, Operation)
