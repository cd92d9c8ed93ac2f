"""The demand service: each method translates, calls one use case, and translates back."""

from typing import Any

from malapert.payload.v1 import demand_pb2, demand_pb2_grpc
from malapert_core.policy.identity import require_identity
from malapert_core.rpc.enum_filters import wanted_values
from malapert_core.rpc.mapping import known, to_domain, to_message

from malapert_payload.domain.demand.budget import DemandBudget
from malapert_payload.domain.demand.use_permission import ItemKind, UseState
from malapert_payload.handlers.request_messages import request_message
from malapert_payload.services.triage import Decision, TriageService
from malapert_payload.services.use_permissions import UsePermissionService


class DemandServicer(demand_pb2_grpc.DemandServiceServicer):
    """Serves malapert.payload.v1.DemandService."""

    def __init__(self, triage: TriageService, uses: UsePermissionService) -> None:
        self._triage = triage
        self._uses = uses

    async def TriageRequest(  # noqa: N802
        self, request: demand_pb2.TriageRequestRequest, context: Any
    ) -> demand_pb2.TriageRequestResponse:
        """Decide on a request."""
        decision = to_domain(request, Decision)
        after = await self._triage.decide(
            request.mission_id, request.request_id, decision, request.version, require_identity()
        )
        return demand_pb2.TriageRequestResponse(request=request_message(after))

    async def SetDemandBudget(  # noqa: N802
        self, request: demand_pb2.SetDemandBudgetRequest, context: Any
    ) -> demand_pb2.SetDemandBudgetResponse:
        """Set an agency's budget."""
        stated = to_domain(request.budget, DemandBudget, mission_id=request.mission_id, changed_time=None)
        budget = await self._triage.set_budget(stated, require_identity())
        return demand_pb2.SetDemandBudgetResponse(budget=to_message(budget, demand_pb2.DemandBudget))

    async def ListDemandBudgets(  # noqa: N802
        self, request: demand_pb2.ListDemandBudgetsRequest, context: Any
    ) -> demand_pb2.ListDemandBudgetsResponse:
        """List budgets with their use."""
        budgets = await self._triage.budgets(request.mission_id, require_identity())
        return demand_pb2.ListDemandBudgetsResponse(
            budgets=(to_message(budget, demand_pb2.DemandBudget) for budget in budgets)
        )

    async def AskUse(  # noqa: N802
        self, request: demand_pb2.AskUseRequest, context: Any
    ) -> demand_pb2.AskUseResponse:
        """Ask for a leave."""
        permission = await self._uses.ask(
            request.mission_id,
            known(ItemKind, request.item_kind),
            request.item_id,
            request.request_id,
            request.reason,
            require_identity(),
        )
        return demand_pb2.AskUseResponse(permission=to_message(permission, demand_pb2.UsePermission))

    async def DecideUse(  # noqa: N802
        self, request: demand_pb2.DecideUseRequest, context: Any
    ) -> demand_pb2.DecideUseResponse:
        """Grant, decline or withdraw a leave."""
        permission = await self._uses.decide(
            request.mission_id,
            request.permission_id,
            known(UseState, request.state),
            request.reason,
            require_identity(),
        )
        return demand_pb2.DecideUseResponse(permission=to_message(permission, demand_pb2.UsePermission))

    async def ListUsePermissions(  # noqa: N802
        self, request: demand_pb2.ListUsePermissionsRequest, context: Any
    ) -> demand_pb2.ListUsePermissionsResponse:
        """List the leaves of the caller's agency."""
        states = wanted_values(UseState, request.states, demand_pb2.UseState.DESCRIPTOR, "states")
        kinds = wanted_values(ItemKind, request.item_kinds, demand_pb2.ItemKind.DESCRIPTOR, "item_kinds")
        found = await self._uses.listed(request.mission_id, states, kinds, require_identity())
        return demand_pb2.ListUsePermissionsResponse(
            permissions=(to_message(permission, demand_pb2.UsePermission) for permission in found)
        )
