"""Edits of plans by people: checked and mended."""

from fastapi import APIRouter
from malapert.planner.v1 import edit_pb2
from malapert_http_models.contracts.planner import CheckEdits, EditCheck

from malapert_gateway.bodies import message_of
from malapert_gateway.routes.guarded import GuardedRoute
from malapert_gateway.routes.parameters import ExpectedVersion, GatewayParts, PlanId

router = APIRouter(prefix="/plans", tags=["plans"], route_class=GuardedRoute)


@router.post("/{plan_id}:check-edits")
async def check_edits(plan_id: PlanId, body: CheckEdits, gateway: GatewayParts, version: ExpectedVersion) -> EditCheck:
    """Say what proposed edits make of a plan: rules broken, what changes, worth; and the least mend, where asked for.

    Nothing is stored.
    """
    message = message_of(body, edit_pb2.CheckEditsRequest, plan_id=plan_id, version=version)
    return await gateway.answer(await gateway.call(gateway.services.edits.CheckEdits, message), EditCheck)
