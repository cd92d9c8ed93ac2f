"""What would admit an unplanned repetition: every change is true, and hardly less would do."""

from dataclasses import replace
from typing import Any

import pytest
from malapert_core.errors import NotFoundError
from malapert_planner.domain.problem.activities import Product, Relation, RelationKind, Repetition
from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.resources import (
    Battery,
    CumulativeResource,
    Limit,
    LimitUse,
    Reservoir,
    ReservoirUse,
    Storage,
)
from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.schedule.result import Admission, WhyNot
from malapert_planner.domain.schedule.schedule import PlacedActivity, Schedule
from malapert_planner.solvers.engine import Engine
from malapert_planner.solvers.explain.admission import admits, explain_one
from malapert_planner.solvers.instance.compiled import compile_problem
from malapert_planner.solvers.solve import solve
from malapert_planner.solvers.state.incumbent import Incumbent
from problem_factory import HORIZON_S, HOUR_S, make_activity, make_drive, make_place, make_problem, make_window

ONE_PLACE = {"places": (make_place("base"),), "drives": ()}
FULL = Schedule((PlacedActivity("a", "base", (0, HOUR_S)),))


def _why(problem: PlanningProblem, schedule: Schedule, request_id: str = "b") -> WhyNot:
    return explain_one(problem, schedule, request_id, 0, work_limit=10.0)


def _only(why: WhyNot, kind: str) -> Admission:
    (found,) = [admission for admission in why.admissions if admission.kind == kind]
    return found


def _plans(problem: PlanningProblem, activity_id: str = "b") -> bool:
    result = solve(problem, work_limit=5.0)
    return activity_id in {placed.activity_id for placed in result.schedule.activities}


def _admits(problem: PlanningProblem, schedule: Schedule, changed: PlanningProblem) -> bool:
    incumbent = Incumbent(compile_problem(problem), schedule)
    (chain,) = (c for c in incumbent.instance.chains if c.index not in incumbent.chains)
    return admits(incumbent, changed, chain, Engine(1, 10.0, 60.0))


def test_a_lower_floor_admits_what_the_battery_refuses() -> None:
    # 400 W for an hour from 500 Wh leaves 200 Wh beside 100 W of generation: 50 Wh under a floor of 250.
    battery = Battery(1000.0, 250.0, 500.0, 0.0, 0.0, 0.0)
    problem = make_problem(**ONE_PLACE, activities=(make_activity("b", power_w=400.0, windows=((0, HOUR_S),)),))
    problem = replace(problem, battery=battery)
    why = _why(problem, Schedule())
    admission = _only(why, "LOWER_FLOOR")
    assert why.rules == ("battery",)
    assert _plans(replace(problem, battery=replace(battery, floor_wh=battery.floor_wh - admission.amount)))
    assert not _plans(replace(problem, battery=replace(battery, floor_wh=battery.floor_wh - admission.amount * 0.5)))


def test_a_longer_latency_admits_what_cannot_be_sent_in_time() -> None:
    # An hour's 0.9 Mbit by 1000 bit/s takes 900 s; contact is to be had from 3 h on, made are they by 1 h.
    spectra = Product("spectra", 9e5, 0, HOUR_S)
    problem = make_problem(
        **ONE_PLACE,
        activities=(make_activity("b", data_bit=9e5, products=(spectra,), windows=((0, HOUR_S),)),),
        contact_windows=(make_window(span=(3 * HOUR_S, 5 * HOUR_S)),),
    )
    why = _why(problem, Schedule())
    admission = _only(why, "LONGER_LATENCY")
    assert why.rules == ("latency",)
    assert why.unplanned.reason == "LATENCY"
    assert "spectra" in why.unplanned.explanation
    assert admission.amount == pytest.approx(1.25, abs=0.1)

    def allowed(latency_s: float) -> PlanningProblem:
        product = replace(spectra, max_latency_s=round(latency_s))
        return replace(problem, activities=(replace(problem.activities[0], products=(product,)),))

    assert _plans(allowed(HOUR_S * (1 + admission.amount)))
    assert not _plans(allowed(HOUR_S * (1 + admission.amount) - 2 * problem.resolution_s))


def test_a_larger_storage_admits_what_the_storage_refuses() -> None:
    problem = make_problem(**ONE_PLACE, activities=(make_activity("b", data_bit=9e5),), storage=Storage(6e5, 0.0, 9e5))
    admission = _only(_why(problem, Schedule()), "LARGER_STORAGE")
    assert admission.amount == pytest.approx(3e5, rel=0.01)
    assert _plans(replace(problem, storage=Storage(6e5 + admission.amount, 0.0, 9e5)))


def test_more_of_what_is_limited_admits() -> None:
    limit = Limit("ovens", "Ovens", 1.0, "1", (LimitUse("a", 1.0), LimitUse("b", 1.0)))
    problem = make_problem(**ONE_PLACE, activities=(make_activity("a"), make_activity("b")), limits=(limit,))
    why = _why(problem, FULL)
    assert _only(why, "LARGER_LIMIT").amount == 1.0
    assert why.requests == ("a",)
    assert _only(why, "WITHOUT_REQUESTS").subject == "a"


def test_more_at_once_admits() -> None:
    window = ((0, HOUR_S),)
    power = CumulativeResource("heat", "Heat", 2.0, "kW", (LimitUse("a", 1.5), LimitUse("b", 1.0)))
    activities = (make_activity("a", windows=window), make_activity("b", windows=window))
    problem = make_problem(**ONE_PLACE, activities=activities, cumulative_resources=(power,))
    assert _only(_why(problem, FULL), "LARGER_RESOURCE").subject == "heat"


def test_a_fuller_reservoir_admits() -> None:
    tank = Reservoir("tank", "Tank", 10.0, 2.0, "kg", (ReservoirUse("b", consumed=5.0),))
    problem = make_problem(**ONE_PLACE, activities=(make_activity("b"),), reservoirs=(tank,))
    assert _only(_why(problem, Schedule()), "FULLER_RESERVOIR").amount == pytest.approx(3.0)


def test_a_longer_window_admits() -> None:
    dark = make_place("base", darkness=((HOUR_S, HOUR_S + 3000),))
    problem = make_problem(
        places=(dark,), drives=(), activities=(make_activity("b", conditions=(Condition(ConditionKind.DARKNESS),)),)
    )
    why = _why(problem, Schedule())
    admission = _only(why, "LONGER_WINDOW")
    assert why.unplanned.reason == "NO_WINDOW"
    assert 600 <= admission.amount <= 900
    assert admission.subject == "base/darkness"


def test_another_contact_admits() -> None:
    activity = make_activity("b", conditions=(Condition(ConditionKind.CONTACT),), windows=((0, 2 * HOUR_S),))
    other = make_activity("a", resource_ids=("arm",))
    # The only window is there, but its antenna asks for contacts longer than the window has left.
    window = make_window(span=(0, HOUR_S + 600), min_length_s=2 * HOUR_S)
    problem = make_problem(**ONE_PLACE, activities=(activity, other), contact_windows=(window,))
    why = _why(problem, Schedule())
    assert "contact" in why.rules
    assert _only(why, "ANOTHER_CONTACT").amount == pytest.approx(1.0, abs=0.1)


def test_without_a_relation_it_would_fit() -> None:
    relation = Relation(RelationKind.EXCLUDES, "b", "a")
    problem = make_problem(**ONE_PLACE, activities=(make_activity("a"), make_activity("b")), relations=(relation,))
    why = _why(problem, FULL)
    assert _only(why, "WITHOUT_RELATION").subject == "b excludes a"
    assert why.requests == ("a",)


def test_the_smallest_set_of_requests_in_the_way() -> None:
    names = ("a", "c", "d", "e")
    activities = [make_activity(name, resource_ids=("arm",)) for name in names]
    activities.append(make_activity("b", resource_ids=("arm",), windows=((HOUR_S, 2 * HOUR_S),)))
    placed = tuple(PlacedActivity(n, "base", (i * HOUR_S, (i + 1) * HOUR_S)) for i, n in enumerate(names))
    why = _why(make_problem(**ONE_PLACE, activities=tuple(activities)), Schedule(placed))
    assert why.requests == ("c",)
    assert why.rules == ("resource",)


def test_what_fits_needs_no_change() -> None:
    problem = make_problem(**ONE_PLACE, activities=(make_activity("a"), make_activity("b")))
    why = _why(problem, FULL)
    assert (why.rules, why.requests, why.admissions) == ((), (), ())


@pytest.mark.parametrize("request_id", ["a", "nobody"])
def test_only_what_is_not_planned_is_explained(request_id: str) -> None:
    problem = make_problem(**ONE_PLACE, activities=(make_activity("a"),))
    assert problem.horizon_s == HORIZON_S
    with pytest.raises(NotFoundError):
        _why(problem, FULL, request_id)


def test_a_detour_says_what_it_displaces_and_costs() -> None:
    problem = make_problem(
        activities=(
            make_activity("a", duration_s=6 * HOUR_S, place_ids=("base",)),
            make_activity("b", place_ids=("ridge",), value=4.0),
        )
    )
    schedule = Schedule((PlacedActivity("a", "base", (0, 6 * HOUR_S)),))
    why = _why(problem, schedule)
    admission = _only(why, "DETOUR")
    assert why.rules == ("itinerary",)
    assert admission.subject == "ridge"
    assert admission.amount == pytest.approx(6.0)
    assert "without a" in admission.text


def test_a_wider_tolerance_admits_a_repetition_that_lies_too_far_off() -> None:
    r = [
        make_activity(f"r{n}", request_id="r", repetition_index=n, windows=((3 * n * HOUR_S, 6 * HOUR_S),))
        for n in (0, 1)
    ]
    problem = make_problem(**ONE_PLACE, activities=tuple(r), repetitions=(Repetition("r", HOUR_S, 0),))
    schedule = Schedule((PlacedActivity("r0", "base", (0, HOUR_S)),))
    why = explain_one(problem, schedule, "r", 1, work_limit=10.0)
    admission = _only(why, "WIDER_TOLERANCE")
    assert 2.0 <= admission.amount <= 3.0
    # With r0 at 0 alone, r1 starts 3 h on at the earliest: 2 h from its period.
    assert not _admits(problem, schedule, replace(problem, repetitions=(Repetition("r", HOUR_S, 7000),)))
    assert _admits(
        problem, schedule, replace(problem, repetitions=(Repetition("r", HOUR_S, round(admission.amount * HOUR_S)),))
    )


@pytest.mark.parametrize(
    ("relation", "window_s", "kind"),
    [
        (Relation(RelationKind.AFTER, "b", "a", 3 * HOUR_S), (0, 3 * HOUR_S), "SHORTER_LAG"),
        (Relation(RelationKind.AFTER, "b", "a", 0, HOUR_S), (4 * HOUR_S, 6 * HOUR_S), "LONGER_LAG"),
    ],
)
def test_another_lag_admits_what_comes_too_soon_or_too_late(relation: Relation, window_s: Span, kind: str) -> None:
    problem = make_problem(
        **ONE_PLACE, activities=(make_activity("a"), make_activity("b", windows=(window_s,))), relations=(relation,)
    )
    admission = _only(_why(problem, FULL), kind)
    # Both are 2 h off at the least.
    assert 2.0 <= admission.amount <= 3.0


def both_short(**changes: Any) -> PlanningProblem:
    """An activity that takes more charge than there is and makes more data than the store holds."""
    hungry = make_activity("hungry", power_w=600.0, data_bit=2e9, place_ids=("base",))
    battery = Battery(1000.0, 100.0, 400.0, 0.0, 0.0, 0.0)
    places = (make_place("base", power_w=0.0),)
    values = {"battery": battery, "places": places, "drives": (), "storage": Storage(1e9, 0.0, 1e9), **changes}
    return make_problem(activities=(hungry,), **values)


def test_where_two_rules_are_in_the_way_it_is_proven_that_no_change_of_one_helps() -> None:
    why = explain_one(both_short(), Schedule(), "hungry", 0, work_limit=5.0)
    assert set(why.rules) == {"battery", "storage"}
    assert why.admissions == ()
    assert why.proof.startswith("proven: along the drives as planned it fits nowhere with any one of these left out")
    assert "battery" in why.proof


@pytest.mark.parametrize(
    "enough", [{"battery": Battery(1000.0, 100.0, 900.0, 0.0, 0.0, 0.0)}, {"storage": Storage(4e9, 0.0, 4e9)}]
)
def test_where_one_rule_is_in_the_way_nothing_is_proven(enough: dict[str, Any]) -> None:
    why = explain_one(both_short(**enough), Schedule(), "hungry", 0, work_limit=5.0)
    assert len(why.rules) == 1
    assert {each.kind for each in why.admissions} <= {"LARGER_STORAGE", "LOWER_FLOOR", "LARGER_BATTERY"}
    assert why.admissions
    assert why.proof == ""


def test_without_work_nothing_is_proven() -> None:
    assert explain_one(both_short(), Schedule(), "hungry", 0, work_limit=1e-9).proof == ""


def test_nothing_that_is_left_out_helps_where_the_asset_never_is() -> None:
    away = make_activity("away", place_ids=("ridge",))
    problem = make_problem(activities=(away,), drives=(make_drive(duration_s=3 * HOUR_S),))
    why = explain_one(problem, Schedule(), "away", 0, work_limit=5.0)
    assert bool(why.proof) == (not why.admissions)
