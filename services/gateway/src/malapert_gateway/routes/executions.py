"""Routes of execution reports of planned requests, and of agencies' accounts."""

from typing import Annotated

from fastapi import APIRouter
from malapert.payload.v1 import execution_pb2
from malapert_http_models.contracts.payload import (
    Accounts,
    ExecutionOutcome,
    Executions,
    NewExecution,
    ReportedExecution,
)

from malapert_gateway.bodies import message_of
from malapert_gateway.conversion import enum_numbers
from malapert_gateway.routes.guarded import GuardedRoute
from malapert_gateway.routes.parameters import GatewayParts, MissionId, Page, RequestId, only_these

router = APIRouter(prefix="/missions/{mission_id}", tags=["requests"], route_class=GuardedRoute)


@router.post("/requests/{request_id}:report")
async def report_execution(
    mission_id: MissionId, request_id: RequestId, body: NewExecution, gateway: GatewayParts
) -> ReportedExecution:
    """Report what became of a repetition of a planned request; the same report again changes nothing.

    A slot that failed or was skipped is refunded, and the repetition is asked for again; one that was abandoned is not.
    """
    execution = message_of(body, execution_pb2.Execution, request_id=request_id)
    message = execution_pb2.ReportExecutionRequest(mission_id=mission_id, execution=execution)
    return await gateway.answer(
        await gateway.call(gateway.services.executions.ReportExecution, message), ReportedExecution
    )


@router.get("/requests/{request_id}/executions")
async def list_executions(
    mission_id: MissionId,
    request_id: RequestId,
    page: Page,
    gateway: GatewayParts,
    outcomes: Annotated[list[ExecutionOutcome] | None, only_these("these outcomes")] = None,
) -> Executions:
    """List the reports on a request, oldest first."""
    message = execution_pb2.ListExecutionsRequest(
        mission_id=mission_id,
        request_id=request_id,
        outcomes=enum_numbers(execution_pb2.ExecutionOutcome.DESCRIPTOR, outcomes),
        page=page,
    )
    return await gateway.answer(await gateway.call(gateway.services.executions.ListExecutions, message), Executions)


@router.get("/executions")
async def list_mission_executions(
    mission_id: MissionId,
    page: Page,
    gateway: GatewayParts,
    outcomes: Annotated[list[ExecutionOutcome] | None, only_these("these outcomes")] = None,
) -> Executions:
    """List the reports on all requests of a mission that the caller may see, by request and oldest first."""
    message = execution_pb2.ListExecutionsRequest(
        mission_id=mission_id,
        outcomes=enum_numbers(execution_pb2.ExecutionOutcome.DESCRIPTOR, outcomes),
        page=page,
    )
    return await gateway.answer(await gateway.call(gateway.services.executions.ListExecutions, message), Executions)


@router.get("/accounts")
async def list_accounts(mission_id: MissionId, gateway: GatewayParts) -> Accounts:
    """Return what each agency of a mission asked for, has planned, was given and was refunded."""
    message = execution_pb2.ListAccountsRequest(mission_id=mission_id)
    return await gateway.answer(await gateway.call(gateway.services.executions.ListAccounts, message), Accounts)
