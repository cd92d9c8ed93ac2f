"""The planner, asked what a mission's ground, light and contacts allow."""

import grpc
from malapert.planner.v1 import feasibility_pb2, feasibility_pb2_grpc

from malapert_payload.clients.expansion_messages import expansion_message
from malapert_payload.domain.expansion.expansion import Expansion

FEASIBILITY_SERVICE = "malapert.planner.v1.FeasibilityService"


class PlannerClient:
    """Asks the planner through a channel, on behalf of whoever asks this service."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._feasibility = feasibility_pb2_grpc.FeasibilityServiceStub(channel)

    async def reasons_against(self, expansion: Expansion, mission_id: str) -> tuple[str, ...]:
        """Return why nothing can hold each activity that nothing can; none where there is no reason against any."""
        request = feasibility_pb2.CheckFeasibilityRequest(
            mission_id=mission_id, demand=await expansion_message(expansion)
        )
        answer = await self._feasibility.CheckFeasibility(request)
        return tuple(reason.message for reason in answer.reasons)
