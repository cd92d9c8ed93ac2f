"""Edits of plans by people: checked, mended, kept while they are under way, and made plans."""

from fastapi import APIRouter, Response
from malapert.planner.v1 import edit_pb2
from malapert_http_models.contracts.planner import (
    ApplyEdits,
    CheckEdits,
    CreateEditDraft,
    EditCheck,
    EditDraft,
    EditDraftPage,
    Plan,
    UpdateEditDraft,
)

from malapert_gateway.bodies import message_of
from malapert_gateway.routes.guarded import GuardedRoute
from malapert_gateway.routes.parameters import (
    ETAG,
    EditDraftId,
    ExpectedVersion,
    GatewayParts,
    Page,
    PlanId,
    versioned,
)

router = APIRouter(prefix="/plans", tags=["plans"], route_class=GuardedRoute)


@router.post("/{plan_id}:check-edits")
async def check_edits(plan_id: PlanId, body: CheckEdits, gateway: GatewayParts, version: ExpectedVersion) -> EditCheck:
    """Say what proposed edits make of a plan: rules broken, what changes, worth; and the least mend, where asked for.

    Nothing is stored.
    """
    message = message_of(body, edit_pb2.CheckEditsRequest, plan_id=plan_id, version=version)
    return await gateway.answer(await gateway.call(gateway.services.edits.CheckEdits, message), EditCheck)


@router.post("/{plan_id}:apply-edits", status_code=201, responses={201: ETAG})
async def apply_edits(
    plan_id: PlanId, body: ApplyEdits, response: Response, gateway: GatewayParts, version: ExpectedVersion
) -> Plan:
    """Make a new DRAFT of edits that keep every rule; the edited plan stays as it is, later solves keep the locks."""
    message = message_of(body, edit_pb2.ApplyEditsRequest, plan_id=plan_id, version=version)
    plan = (await gateway.call(gateway.services.edits.ApplyEdits, message)).plan
    return await versioned(gateway, plan, Plan, response, 201)


@router.post("/{plan_id}/edit-drafts", status_code=201, responses={201: ETAG})
async def create_edit_draft(
    plan_id: PlanId, body: CreateEditDraft, response: Response, gateway: GatewayParts
) -> EditDraft:
    """Keep edits of a plan that are under way, whether they keep the rules or not; the caller's agency sees them."""
    message = message_of(body, edit_pb2.CreateEditDraftRequest, plan_id=plan_id)
    return await versioned(
        gateway, (await gateway.call(gateway.services.edits.CreateEditDraft, message)).draft, EditDraft, response, 201
    )


@router.get("/{plan_id}/edit-drafts")
async def list_edit_drafts(plan_id: PlanId, gateway: GatewayParts, page: Page) -> EditDraftPage:
    """List the edits of a plan that the caller's agency has under way, newest first, without what they are."""
    message = edit_pb2.ListEditDraftsRequest(plan_id=plan_id, page=page)
    return await gateway.answer(await gateway.call(gateway.services.edits.ListEditDrafts, message), EditDraftPage)


@router.get("/{plan_id}/edit-drafts/{draft_id}", responses={200: ETAG})
async def get_edit_draft(
    plan_id: PlanId, draft_id: EditDraftId, response: Response, gateway: GatewayParts
) -> EditDraft:
    """Return edits that are under way."""
    message = edit_pb2.GetEditDraftRequest(plan_id=plan_id, draft_id=draft_id)
    return await versioned(
        gateway, (await gateway.call(gateway.services.edits.GetEditDraft, message)).draft, EditDraft, response
    )


@router.put("/{plan_id}/edit-drafts/{draft_id}", responses={200: ETAG})
async def update_edit_draft(
    plan_id: PlanId,
    draft_id: EditDraftId,
    body: UpdateEditDraft,
    response: Response,
    gateway: GatewayParts,
    version: ExpectedVersion,
) -> EditDraft:
    """Keep other edits in their place; refused, with who changed what, where somebody did so since."""
    message = message_of(body, edit_pb2.UpdateEditDraftRequest, plan_id=plan_id, draft_id=draft_id, version=version)
    return await versioned(
        gateway, (await gateway.call(gateway.services.edits.UpdateEditDraft, message)).draft, EditDraft, response
    )


@router.delete("/{plan_id}/edit-drafts/{draft_id}", status_code=204)
async def delete_edit_draft(plan_id: PlanId, draft_id: EditDraftId, gateway: GatewayParts) -> None:
    """Forget edits that were under way."""
    message = edit_pb2.DeleteEditDraftRequest(plan_id=plan_id, draft_id=draft_id)
    await gateway.call(gateway.services.edits.DeleteEditDraft, message)
