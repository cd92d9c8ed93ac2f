"""Routes of triage: what of the demand enters planning, and whose leave it needs."""

from typing import Annotated

from fastapi import APIRouter, Response
from malapert.payload.v1 import demand_pb2
from malapert_http_models.contracts.payload import (
    ActivityRequest,
    AskUse,
    DecideUse,
    DemandBudget,
    DemandBudgets,
    ItemKind,
    SetDemandBudget,
    TriageRequest,
    UsePermission,
    UsePermissions,
    UseState,
)

from malapert_gateway.conversion import enum_numbers, to_message
from malapert_gateway.routes.guarded import GuardedRoute
from malapert_gateway.routes.parameters import (
    ETAG,
    ExpectedVersion,
    GatewayParts,
    MissionId,
    RequestId,
    identifier,
    only_these,
    versioned,
)

router = APIRouter(prefix="/missions/{mission_id}", tags=["requests"], route_class=GuardedRoute)

BudgetAgencyId = Annotated[str, identifier("agency", "ISRO")]
PermissionId = Annotated[str, identifier("leave", "01a22a71-fe8b-7636-93de-8bf2bcf1dab6")]


@router.post("/requests/{request_id}:triage", responses={200: ETAG})
async def triage_request(
    mission_id: MissionId,
    request_id: RequestId,
    body: TriageRequest,
    response: Response,
    gateway: GatewayParts,
    version: ExpectedVersion,
) -> ActivityRequest:
    """Decide on a request as the mission's owner: grant or withdraw that it is mandatory, defer, admit or decline it.

    A grant is refused by name and reason where nothing can hold the request, and where the planner cannot be asked.
    """
    message = to_message(
        body, demand_pb2.TriageRequestRequest, mission_id=mission_id, request_id=request_id, version=version
    )
    answer = await gateway.call(gateway.services.demand.TriageRequest, message)
    return await versioned(gateway, answer.request, ActivityRequest, response)


@router.put("/demand-budgets/{agency_id}")
async def set_demand_budget(
    mission_id: MissionId, agency_id: BudgetAgencyId, body: SetDemandBudget, gateway: GatewayParts
) -> DemandBudget:
    """Set, as the mission's owner, what an agency may ask for in all; what is beyond it is kept and not planned."""
    message = to_message(body, demand_pb2.SetDemandBudgetRequest, mission_id=mission_id)
    message.budget.agency_id = agency_id
    answer = await gateway.call(gateway.services.demand.SetDemandBudget, message)
    return await gateway.answer(answer.budget, DemandBudget)


@router.get("/demand-budgets")
async def list_demand_budgets(mission_id: MissionId, gateway: GatewayParts) -> DemandBudgets:
    """List the agencies' budgets with their use: all for the mission's owner, its own for another agency."""
    message = demand_pb2.ListDemandBudgetsRequest(mission_id=mission_id)
    return await gateway.answer(await gateway.call(gateway.services.demand.ListDemandBudgets, message), DemandBudgets)


@router.post("/use-permissions", status_code=201)
async def ask_use(mission_id: MissionId, body: AskUse, gateway: GatewayParts) -> UsePermission:
    """Ask another agency for leave to use its instrument or activity type; what needs it waits until it is granted."""
    message = to_message(body, demand_pb2.AskUseRequest, mission_id=mission_id)
    return await gateway.answer(
        (await gateway.call(gateway.services.demand.AskUse, message)).permission, UsePermission, 201
    )


@router.get("/use-permissions")
async def list_use_permissions(
    mission_id: MissionId,
    gateway: GatewayParts,
    states: Annotated[list[UseState] | None, only_these("these states")] = None,
    item_kinds: Annotated[list[ItemKind] | None, only_these("leaves for items of these kinds")] = None,
) -> UsePermissions:
    """List the leaves that the caller's agency asked for or is asked for, by time of asking."""
    message = demand_pb2.ListUsePermissionsRequest(
        mission_id=mission_id,
        states=enum_numbers(demand_pb2.UseState.DESCRIPTOR, states),
        item_kinds=enum_numbers(demand_pb2.ItemKind.DESCRIPTOR, item_kinds),
    )
    return await gateway.answer(await gateway.call(gateway.services.demand.ListUsePermissions, message), UsePermissions)


@router.post("/use-permissions/{permission_id}:decide")
async def decide_use(
    mission_id: MissionId, permission_id: PermissionId, body: DecideUse, gateway: GatewayParts
) -> UsePermission:
    """Grant, decline or withdraw a leave, as the agency that owns the instrument or activity type."""
    message = to_message(body, demand_pb2.DecideUseRequest, mission_id=mission_id, permission_id=permission_id)
    return await gateway.answer(
        (await gateway.call(gateway.services.demand.DecideUse, message)).permission, UsePermission
    )
