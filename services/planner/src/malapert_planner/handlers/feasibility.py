"""Serves checks of demand."""

from typing import Any

from malapert.planner.v1 import feasibility_pb2, feasibility_pb2_grpc

from malapert_planner.services.making.feasibility import FeasibilityCheck


class FeasibilityHandlers(feasibility_pb2_grpc.FeasibilityServiceServicer):
    """Translates between messages and the check."""

    def __init__(self, check: FeasibilityCheck) -> None:
        self._check = check

    async def CheckFeasibility(  # noqa: N802
        self, request: feasibility_pb2.CheckFeasibilityRequest, context: Any
    ) -> feasibility_pb2.CheckFeasibilityResponse:
        """Return why nothing can hold what is asked for."""
        plan_id, reasons = await self._check.check(request.mission_id, request.demand)
        return feasibility_pb2.CheckFeasibilityResponse(
            plan_id=plan_id,
            reasons=[
                feasibility_pb2.InfeasibilityReason(
                    request_id=reason.request_id,
                    repetition_index=reason.repetition_index,
                    rule_id=reason.reason,
                    message=reason.explanation,
                )
                for reason in reasons
            ],
        )
