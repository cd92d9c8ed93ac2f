"""Missions without a terrain: what is planned when, with resources, calendars, passes and relations, but no place.

One place stands for wherever things are. Battery and storage of an asset are not reckoned with: without a place or an
attitude nothing says what its array gives, so that both are given more than any plan could use.
"""

import math

from malapert_planner.domain.problem.places import DriveRule, Place, PowerSeries
from malapert_planner.domain.problem.problem import Objective, PlanningProblem
from malapert_planner.domain.problem.resources import Battery, Storage
from malapert_planner.services.making.antenna_time import closed_spans
from malapert_planner.services.making.problem_inputs import ProblemInputs
from malapert_planner.services.making.window_conversion import ProblemClock

PLENTY_WH, PLENTY_BIT = 1e9, 1e15
PLACE_PROFILES = frozenset({"battery_wh", "storage_bit", "generation_w", "load_w"})
"""Profiles that have no meaning without a place."""


def placeless_frame(inputs: ProblemInputs) -> PlanningProblem:
    """Return the problem of a mission without a terrain, before what is asked for."""
    document = inputs.document
    problem_clock = ProblemClock(document.horizon.start, math.floor(document.horizon.duration.amount))
    place = Place(
        place_id=document.mission.id,
        title=document.mission.title,
        windows={},
        generation=PowerSeries((0,), (0.0,)),
    )
    return PlanningProblem(
        problem_id=f"{inputs.mission_id}/{inputs.mission_version}",
        start_time=problem_clock.start_time,
        horizon_s=problem_clock.horizon_s,
        resolution_s=round(document.solver.resolution.amount),
        asset_id=document.assets[0].id,
        start_place_id=place.place_id,
        places=(place,),
        drives=(),
        drive_rule=DriveRule((), ()),
        activities=(),
        relations=(),
        repetitions=(),
        contact_windows=(),
        closed_spans=closed_spans(inputs, problem_clock, own_mission_id=inputs.mission_id),
        contact_power_w=0.0,
        battery=Battery(PLENTY_WH, 0.0, PLENTY_WH, 0.0, 0.0, 0.0),
        storage=Storage(PLENTY_BIT, 0.0, PLENTY_BIT),
        objective=Objective(0.0, document.objective.fairness.amount),
        metadata={"placeless": "no terrain"},
    )
