"""The planner, asked what a mission's ground, light and contacts allow."""

import grpc
from malapert.planner.v1 import feasibility_pb2, feasibility_pb2_grpc
from malapert_core.policy.identity import Identity, acting_as

from malapert_payload.clients.expansion_messages import expansion_message
from malapert_payload.domain.expansion.expansion import Expansion

FEASIBILITY_SERVICE = "malapert.planner.v1.FeasibilityService"


class PlannerClient:
    """Asks the planner through a channel, in the service's own name.

    Parameters
    ----------
    channel : grpc.aio.Channel
    identity : Identity
        The service's own.
    """

    def __init__(self, channel: grpc.aio.Channel, identity: Identity) -> None:
        self._feasibility = feasibility_pb2_grpc.FeasibilityServiceStub(channel)
        self._identity = identity

    async def reasons_against(self, expansion: Expansion, mission_id: str) -> tuple[str, ...]:
        """Return why nothing can hold each activity that nothing can; none where there is no reason against any."""
        request = feasibility_pb2.CheckFeasibilityRequest(mission_id=mission_id, demand=expansion_message(expansion))
        with acting_as(self._identity):
            answer = await self._feasibility.CheckFeasibility(request)
        return tuple(reason.message for reason in answer.reasons)
