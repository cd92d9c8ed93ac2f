"""Shares of what is feasible: a request that nothing can hold counts for nobody, and freezes no fairness."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hand_made_schedules import at, plan
from malapert_planner.domain.explanation.feasibility import infeasible
from malapert_planner.domain.problem.choices import requested_values
from malapert_planner.domain.problem.hashing import problem_hash
from malapert_planner.domain.problem.problem import Objective, PlanningProblem
from malapert_planner.domain.problem.resources import Limit, LimitUse
from malapert_planner.domain.validation.objective import evaluate
from malapert_planner.domain.validation.validate import validate
from malapert_planner.services.making.problem_builder import build_problem
from malapert_planner.solvers.instance.score import score
from malapert_planner.solvers.solve import solve
from problem_factory import make_activity, make_problem
from test_way_building import inputs, mission

LONG = make_activity("long", agency_id="ESA", value=90.0, duration_s=7200, windows=((0, 3600),))
MINE, YOURS = make_activity("mine", agency_id="ESA"), make_activity("yours", agency_id="JAXA", value=30.0)


def contest(*unattainable: str) -> PlanningProblem:
    """Two agencies that share one drill for an hour at most; one of them also asks for what nothing can hold."""
    drill = tuple(replace(each, resource_ids=("drill",), windows=((0, 3600),)) for each in (MINE, YOURS))
    return make_problem(activities=(*drill, LONG), drives=(), objective=Objective(0.0, 60.0, unattainable=unattainable))


def test_what_nothing_can_hold_counts_for_nobody() -> None:
    assert [(each.request_id, each.repetition_index) for each in infeasible(contest())] == [("long", 0)]
    assert requested_values(contest()) == {"ESA": 100.0, "JAXA": 30.0}
    assert requested_values(contest("long/0")) == {"ESA": 10.0, "JAXA": 30.0}
    assert requested_values(contest("long/0", "mine/0")) == {"ESA": 0.0, "JAXA": 30.0}


def test_fairness_is_no_longer_frozen_by_it() -> None:
    """With it ESA is at 10 % at best whatever is planned: what JAXA gains outweighs. Without it they stand even."""
    for problem in (contest(), contest("long/0")):
        result = solve(problem, seed=1, work_limit=0.5)
        assert validate(problem, result.schedule).valid
        assert result.objective == pytest.approx(evaluate(problem, result.schedule).objective)
        assert result.bound >= result.objective - 1e-6
    mine, yours = (evaluate(contest("long/0"), plan(at(name, 0))) for name in ("mine", "yours"))
    assert (mine.unsatisfied_max, yours.unsatisfied_max) == (1.0, 1.0)
    assert evaluate(contest(), plan(at("mine", 0))).agency_shares[0].unsatisfied_share == pytest.approx(0.9)
    assert mine.agency_shares[0].unsatisfied_share == 0.0
    assert score(contest("long/0"), plan(at("mine", 0))) == pytest.approx(mine.objective)


def test_of_a_choice_only_what_can_be_had_is_asked_for() -> None:
    activities = tuple(make_activity(f"a{n}", request_id="a", repetition_index=n, value=5.0 + n) for n in range(4))
    choice = Limit("choice:a", "enough", 3.0, "1", tuple(LimitUse(f"a{n}", 1.0) for n in range(4)), is_choice=True)
    problem = make_problem(activities=activities, limits=(choice,))
    assert requested_values(problem) == {"JAXA": 8.0 + 7.0 + 6.0}
    two = replace(problem, objective=Objective(1.0, 0.0, unattainable=("a/3", "a/0")))
    assert requested_values(two) == {"JAXA": 7.0 + 6.0}


def test_mean_and_variance_of_shares_are_told() -> None:
    told = {each.figure_id: each.amount for each in validate(contest("long/0"), plan(at("mine", 0))).figures}
    assert told["MEAN_SATISFIED_SHARE"] == pytest.approx(0.5)
    assert told["VARIANCE_OF_SATISFIED_SHARES"] == pytest.approx(0.25)


def test_a_mission_asks_for_it_and_keeps_its_problem_where_all_is_feasible() -> None:
    def change(content: dict[str, dict[str, str]]) -> None:
        content["objective"]["fairness_of"] = "feasible"

    plain, problem = build_problem(inputs(mission(lambda _: None))), build_problem(inputs(mission(change)))
    names = {f"{each.request_id}/{each.repetition_index}" for each in infeasible(plain)}
    assert set(problem.objective.unattainable) == names
    assert (problem_hash(problem) == problem_hash(plain)) == (not names)
