"""Errors of the making of plans as the agency that asked for it may be told them."""

from malapert.payload.v1 import request_pb2
from malapert.planner.v1 import plan_pb2
from malapert.type.v1 import type_pb2
from malapert_core.errors import MalapertError
from malapert_core.policy.charters import Charters
from malapert_core.policy.identity import Identity

from malapert_planner.domain.life.plan import Plan
from malapert_planner.services.making.problem_inputs import ProblemInputs
from malapert_planner.services.ports import Clock
from malapert_planner.services.sharing.plan_eyes import eyes_of
from malapert_planner.services.sharing.redaction import redacted_error


class ToldErrors:
    """Withholds from errors what names items that the caller does not see.

    Parameters
    ----------
    charters : Charters
    clock : Clock
    """

    def __init__(self, charters: Charters, clock: Clock) -> None:
        self._charters = charters
        self._clock = clock

    async def of(self, error: MalapertError, identity: Identity, inputs: ProblemInputs, *plans: Plan) -> MalapertError:
        """Return an error as a principal may be told it: of the demand that was planned, and of plans it came from."""
        charter = await self._charters.get(inputs.mission_id)
        messages = [plan_pb2.Plan.FromString(plan.content.message) for plan in plans]
        eyes = eyes_of(identity, charter, self._clock(), *messages, _asked(inputs.requests))
        return redacted_error(error, eyes)


def _asked(demand: request_pb2.ExpandRequestsResponse) -> plan_pb2.Plan:
    """Return what is asked for as a plan that has all of it; what does not say who may see it is its owner's alone."""
    return plan_pb2.Plan(
        activities=[
            plan_pb2.PlannedActivity(
                activity_id=draft.activity_id,
                request_id=draft.request_id,
                chain_id=draft.chain_id,
                activity_type_id=draft.activity_type_id,
                title=draft.title,
                agency_id=draft.agency_id,
                visibility=draft.visibility or type_pb2.VISIBILITY_OWNER,
            )
            for draft in demand.activities
        ]
    )
