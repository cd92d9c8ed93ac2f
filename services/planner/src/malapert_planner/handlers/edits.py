"""Serves edits of plans."""

from typing import Any

from malapert.planner.v1 import edit_pb2, edit_pb2_grpc

from malapert_planner.handlers.shown_plans import ShownPlans
from malapert_planner.services.editing.plan_edits import PlanEdits
from malapert_planner.services.plans.plans import PlanService


class EditHandlers(edit_pb2_grpc.EditServiceServicer):
    """Translates between messages and the service of edits."""

    def __init__(self, plans: PlanService, edits: PlanEdits, shown: ShownPlans) -> None:
        self._plans = plans
        self._edits = edits
        self._shown = shown

    async def CheckEdits(  # noqa: N802
        self, request: edit_pb2.CheckEditsRequest, context: Any
    ) -> edit_pb2.CheckEditsResponse:
        """Say what proposed edits make of a plan."""
        plan = await self._plans.get(request.plan_id)
        return await self._edits.check(plan, request, await self._shown.eyes(plan))
