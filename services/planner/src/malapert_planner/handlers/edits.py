"""Serves edits of plans."""

from typing import Any

from malapert.planner.v1 import edit_pb2, edit_pb2_grpc
from malapert_core.policy.identity import require_identity
from malapert_core.rpc.mapping import to_message
from malapert_core.rpc.paging import cursor_key, next_cursor, page_size_of

from malapert_planner.domain.life.edit_drafts import EditDraft
from malapert_planner.handlers.shown_plans import ShownPlans
from malapert_planner.services.editing.edit_drafts import EditDrafts
from malapert_planner.services.editing.plan_edits import PlanEdits
from malapert_planner.services.plans.plans import PlanService


class EditHandlers(edit_pb2_grpc.EditServiceServicer):
    """Translates between messages and the services of edits."""

    def __init__(self, plans: PlanService, edits: PlanEdits, drafts: EditDrafts, shown: ShownPlans) -> None:
        self._plans = plans
        self._edits = edits
        self._drafts = drafts
        self._shown = shown

    async def CheckEdits(  # noqa: N802
        self, request: edit_pb2.CheckEditsRequest, context: Any
    ) -> edit_pb2.CheckEditsResponse:
        """Say what proposed edits make of a plan."""
        plan = await self._plans.get(request.plan_id)
        return await self._edits.check(plan, request, await self._shown.eyes(plan))

    async def ApplyEdits(  # noqa: N802
        self, request: edit_pb2.ApplyEditsRequest, context: Any
    ) -> edit_pb2.ApplyEditsResponse:
        """Make a plan of edits."""
        plan = await self._plans.get(request.plan_id)
        made = await self._edits.apply(plan, request, await self._shown.eyes(plan), require_identity())
        return edit_pb2.ApplyEditsResponse(plan=await self._shown.message(made))

    async def CreateEditDraft(  # noqa: N802
        self, request: edit_pb2.CreateEditDraftRequest, context: Any
    ) -> edit_pb2.CreateEditDraftResponse:
        """Keep edits."""
        plan = await self._plans.get(request.plan_id)
        draft = await self._drafts.create(plan, request.title, request.edits, require_identity())
        return edit_pb2.CreateEditDraftResponse(draft=_shown(draft))

    async def ListEditDrafts(  # noqa: N802
        self, request: edit_pb2.ListEditDraftsRequest, context: Any
    ) -> edit_pb2.ListEditDraftsResponse:
        """Return a page of edits under way, newest first."""
        size = page_size_of(request.page.page_size)
        before_id = cursor_key(request.page.page_token)
        found = await self._drafts.page(request.plan_id, before_id, size + 1, require_identity())
        return edit_pb2.ListEditDraftsResponse(
            drafts=[_listed(draft) for draft in found[:size]],
            next_page_token=next_cursor(found, size, lambda row: row.draft_id),
        )

    async def GetEditDraft(  # noqa: N802
        self, request: edit_pb2.GetEditDraftRequest, context: Any
    ) -> edit_pb2.GetEditDraftResponse:
        """Return edits under way."""
        draft = await self._drafts.get(request.plan_id, request.draft_id, require_identity())
        return edit_pb2.GetEditDraftResponse(draft=_shown(draft))

    async def UpdateEditDraft(  # noqa: N802
        self, request: edit_pb2.UpdateEditDraftRequest, context: Any
    ) -> edit_pb2.UpdateEditDraftResponse:
        """Keep other edits in the place of some."""
        return edit_pb2.UpdateEditDraftResponse(draft=_shown(await self._drafts.update(request, require_identity())))

    async def DeleteEditDraft(  # noqa: N802
        self, request: edit_pb2.DeleteEditDraftRequest, context: Any
    ) -> edit_pb2.DeleteEditDraftResponse:
        """Forget edits under way."""
        await self._drafts.delete(request.plan_id, request.draft_id, require_identity())
        return edit_pb2.DeleteEditDraftResponse()


def _listed(draft: EditDraft) -> edit_pb2.EditDraft:
    return to_message(draft, edit_pb2.EditDraft, edits=())


def _shown(draft: EditDraft) -> edit_pb2.EditDraft:
    message = _listed(draft)
    message.edits.extend(edit_pb2.PlanEdit.FromString(edit) for edit in draft.edits)
    return message
