"""Check of demand against the ground, the light and the contacts of a mission's newest plan, without a search."""

import asyncio
from collections.abc import Sequence

from malapert.payload.v1 import request_pb2
from malapert_core.db.database import Database

from malapert_planner.domain.explanation.feasibility import infeasible
from malapert_planner.domain.life.listing import PlanFilter
from malapert_planner.domain.schedule.result import Unplanned
from malapert_planner.services.making.plannable import plannable
from malapert_planner.services.making.problem_builder import with_demand
from malapert_planner.services.making.problem_file import unpack_problem
from malapert_planner.services.plans.mission_documents import mission_document
from malapert_planner.services.ports import CommsWindows
from malapert_planner.storage.missions import MissionStore
from malapert_planner.storage.plans import PlanStore


class FeasibilityCheck:
    """Tells what no plan of a mission can ever hold.

    Parameters
    ----------
    database : Database
    missions : MissionStore
    plans : PlanStore
    comms_windows : CommsWindows
    """

    def __init__(
        self, database: Database, missions: MissionStore, plans: PlanStore, comms_windows: CommsWindows
    ) -> None:
        self._database = database
        self._missions = missions
        self._plans = plans
        self._comms_windows = comms_windows

    async def check(
        self, mission_id: str, demand: request_pb2.ExpandRequestsResponse
    ) -> tuple[str, Sequence[Unplanned]]:
        """Return the plan whose ground, light and contacts were taken, and why nothing can hold parts of a demand.

        Before the mission's first plan none of these is known: there is no plan then, and no reason but that this
        planner does not plan what is asked for.

        Raises
        ------
        NotFoundError
            ``UNKNOWN_MISSION``.
        """
        unknown = tuple(left_out.unplanned for left_out in plannable(demand).left_out)
        async with self._database.reading() as session:
            await self._missions.get(session, mission_id, 0)
            newest = await self._plans.page(session, 1, PlanFilter(mission_id=mission_id))
            if unknown or not newest:
                return "", unknown
            plan = await self._plans.get(session, newest[0].plan_id)
            content = plan.content
            mission = await self._missions.get(session, mission_id, content.mission_version)
        windows = await self._comms_windows.list_windows(content.window_set_id) if content.window_set_id else ()

        def found() -> tuple[Unplanned, ...]:
            problem = unpack_problem(content.problem)
            return infeasible(with_demand(problem, mission_document(mission), demand, windows))

        return plan.plan_id, await asyncio.to_thread(found)
