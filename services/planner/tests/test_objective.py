from __future__ import annotations

from dataclasses import replace

import pytest
from malapert_planner.domain.problem.contact_windows import RateSeries
from malapert_planner.domain.problem.problem import Objective
from malapert_planner.domain.problem.resources import Storage
from malapert_planner.domain.schedule.schedule import PlacedActivity, PlacedContact, Schedule
from malapert_planner.domain.validation.objective import evaluate, waiting_gb_d
from problem_factory import HORIZON_S, make_activity, make_problem, make_window, random_problem

PROBLEM = make_problem(
    activities=(
        make_activity("j1", agency_id="JAXA", value=30.0),
        make_activity("j2", agency_id="JAXA", value=10.0),
        make_activity("i1", agency_id="ISRO", value=20.0),
        make_activity("e1", agency_id="ESA", value=0.0),
    ),
    contact_windows=(make_window("w", cost_per_hour=8.0),),
    objective=Objective(contact_cost_weight=0.5, fairness_weight=12.0),
)
SOME = Schedule(
    activities=(PlacedActivity("j1", "base", (0, 3600)),),
    contacts=(PlacedContact("usuda", "base", "w", (0, 5400)),),
)


def test_parts_by_hand() -> None:
    worth = evaluate(PROBLEM, SOME)

    assert worth.parts == pytest.approx({"value": 30.0, "contact_cost": -6.0, "fairness": -12.0})
    assert worth.objective == pytest.approx(12.0)
    assert [(share.agency_id, share.unsatisfied_share) for share in worth.agency_shares] == [
        ("ESA", 0.0),
        ("ISRO", 1.0),
        ("JAXA", 0.25),
    ]
    # An agency that asked for nothing of value is neither satisfied nor not.
    assert worth.unsatisfied_rms == pytest.approx(((1.0 + 0.0625) / 2) ** 0.5)
    assert worth.unsatisfied_max == 1.0


def test_activity_counts_once_and_unknown_items_not_at_all() -> None:
    twice = replace(SOME, activities=(*SOME.activities * 2, PlacedActivity("x", "base", (0, 60))), contacts=())

    assert evaluate(PROBLEM, twice).parts["value"] == 30.0


@pytest.mark.parametrize("seed", range(10))
def test_nothing_planned_is_worth_minus_the_fairness_weight(seed: int) -> None:
    problem = random_problem(seed)
    worth = evaluate(problem, Schedule())

    assert worth.objective - worth.parts.get("latency", 0.0) == -problem.objective.fairness_weight


def test_waiting_data_costs_its_size_times_its_time() -> None:
    """Half a gigabyte waits for 3 h, then is sent evenly within 1 h, and counts as half of it then."""
    window = make_window(span=(0, HORIZON_S), rate=RateSeries((0,), (4e9 / 3600,)))
    problem = make_problem(
        contact_windows=(window,), storage=Storage(1e10, 4e9, 1e10), objective=Objective(0.0, 0.0, 8.0)
    )
    schedule = Schedule(contacts=(PlacedContact("usuda", "base", "w", (3 * 3600, 5 * 3600)),))

    assert waiting_gb_d(problem, schedule) == pytest.approx(0.5 * 3.5 / 24)
    assert evaluate(problem, schedule).parts["latency"] == pytest.approx(-8.0 * 0.5 * 3.5 / 24)
