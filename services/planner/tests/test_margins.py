"""Margins that a mission plans with: in its problem, kept by plans, told, and given back to replays."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hand_made_schedules import at, contact, plan
from malapert.planner.v1 import plan_pb2, replan_pb2
from malapert_core.rpc.mapping import to_message
from malapert_planner.domain.problem.check import check_problem
from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.hashing import problem_hash
from malapert_planner.domain.problem.margins import Margins
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.robustness.assess import assess
from malapert_planner.domain.robustness.policy import ActivityClass, MarginPolicy, Spread
from malapert_planner.domain.robustness.predicted import without_margins
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.domain.validation.rules import Rule
from malapert_planner.domain.validation.validate import validate
from malapert_planner.mission_document import read_document
from malapert_planner.services.making.margins import with_margins
from malapert_planner.services.making.problem_builder import build_problem
from malapert_planner.services.replanning.levels import with_levels
from malapert_planner.services.replanning.plan_events import event_faults
from malapert_planner.solvers.explain.admission import explain_one
from malapert_planner.solvers.explain.unplanned import explain_unplanned
from malapert_planner.solvers.solve import solve
from mission_documents import EPHEMERIS_SPAN, changed, load_mission
from problem_factory import HORIZON_S, make_activity, make_chain, make_place, make_problem, make_window
from test_way_building import along, inputs, mission

SPREADS = {
    "policy": "nominal",
    "sigmas": 2,
    "drive_duration": {"mean": 1.0, "sigma": 0.1, "most": 1.5},
    "activity_duration": {"mean": 1.0, "sigma": 0.05},
    "activity_classes": [{"id": "drilling", "resources": ["drill"], "duration": {"mean": 1.1, "sigma": 0.2}}],
    "array_power": {"mean": 0.98, "sigma": 0.01},
    "battery_capacity": {"mean": 1.0, "sigma": 0.05},
    "load_power": {"mean": 1.0, "sigma": 0.1, "most": 1.15},
    "data_rate": {"mean": 1.0, "sigma": 0.1},
    "light_edge": "5 min",
    "storage": "10 %",
}


def stated(**changes: Any) -> Any:
    def change(content: dict[str, Any]) -> None:
        content["margins"] = {**SPREADS, **changes}

    return change


PLAIN, CAREFUL = (build_problem(inputs(mission(change))) for change in (lambda _: None, stated()))


def test_durations_grow_by_their_class_and_say_how_much_of_them_is_margin() -> None:
    predicted = {each.activity_id: each for each in PLAIN.activities}
    drills = 0
    for each in CAREFUL.activities:
        is_drill = "drill" in each.resource_ids
        drills += is_drill
        before_s = predicted[each.activity_id].duration_s
        assert each.duration_s == math.ceil(round(before_s * (1.5 if is_drill else 1.1), 6))
        assert each.duration_s - each.margin_s == before_s
        assert each.power_w == predicted[each.activity_id].power_w
    assert 0 < drills < len(CAREFUL.activities)


def test_drives_take_the_larger_of_margin_and_pace_tolerance() -> None:
    def both(tolerance: str) -> PlanningProblem:
        return build_problem(inputs(mission(lambda content: (along(tolerance)(content), stated()(content))[0])))

    # 6,000 s at the planned pace.
    assert (CAREFUL.drives[0].duration_s, CAREFUL.drives[0].margin_s) == (7200, 1200)
    assert both("10 %").drives[0].duration_s == 7200
    assert both("40 %").drives[0].duration_s == 8400
    assert both("10 %").drives[0].passages[0].until_s == 2401  # 2,000.4 s × 1.2


def test_battery_storage_array_and_rates_are_counted_on_for_less() -> None:
    held, less = PLAIN.battery, CAREFUL.battery
    assert less.capacity_wh == pytest.approx(0.9 * held.capacity_wh)
    assert (less.floor_wh, less.start_wh) == (held.floor_wh, pytest.approx(0.9 * held.start_wh))
    assert less.awake_load_w == pytest.approx(1.15 * held.awake_load_w)  # 1 + 2 × 0.1, cut to its end
    assert CAREFUL.storage.capacity_bit == pytest.approx(0.9 * PLAIN.storage.capacity_bit)
    for before, after in zip(PLAIN.places, CAREFUL.places, strict=True):
        assert max(after.generation.power_w) == pytest.approx(0.96 * max(before.generation.power_w))
    for full, lower in zip(PLAIN.contact_windows, CAREFUL.contact_windows, strict=True):
        assert lower.rate.rate_bps == pytest.approx([0.8 * rate for rate in full.rate.rate_bps])
        assert (lower.span, lower.least_rate_bps) == (full.span, pytest.approx(0.8 * full.least_rate_bps))


def test_light_and_darkness_are_counted_on_inside_their_edges_and_the_earth_as_it_is() -> None:
    for before, after in zip(PLAIN.places, CAREFUL.places, strict=True):
        for kind in (ConditionKind.ILLUMINATION, ConditionKind.DARKNESS):
            inner = [
                (a if a <= 0 else a + 600, b if b >= PLAIN.horizon_s else b - 600) for a, b in before.windows[kind]
            ]
            assert list(after.windows[kind]) == [span for span in inner if span[0] < span[1]]
        assert after.windows[ConditionKind.EARTH_VISIBILITY] == before.windows[ConditionKind.EARTH_VISIBILITY]


def test_a_problem_without_margins_keeps_its_hash_and_one_with_them_is_well_formed() -> None:
    assert CAREFUL.margins == Margins("nominal", 2.0, 0.96, 0.9, 1.15, 0.8, 0.9, 600)
    assert check_problem(CAREFUL) == ()
    assert PLAIN.margins is None
    assert problem_hash(CAREFUL) != problem_hash(PLAIN)
    no_spreads = dict.fromkeys(name for name in SPREADS if name not in ("policy", "sigmas", "activity_classes"))
    nothing = build_problem(inputs(mission(stated(activity_classes=[], **no_spreads))))
    assert problem_hash(replace(nothing, margins=None)) == problem_hash(PLAIN)
    message = to_message(CAREFUL.margins, plan_pb2.PlanMargins)
    assert (message.policy, message.sigmas, message.light_edge_s) == ("nominal", 2.0, 600.0)


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"margins__sigmas": -1}, "margins.sigmas", "OUT_OF_RANGE"),
        ({"margins__sigmas": 7}, "margins.sigmas", "OUT_OF_RANGE"),
        ({"margins__drive_duration__mean": 11}, "margins.drive_duration.mean", "OUT_OF_RANGE"),
        ({"margins__drive_duration__mean": "1 h"}, "margins.drive_duration.mean", "WRONG_UNIT"),
        ({"margins__drive_duration__least": 1.6}, "margins.drive_duration", "OUT_OF_RANGE"),
        ({"margins__array_power__sigma": 0.5}, "margins.array_power", "OUT_OF_RANGE"),
        ({"margins__data_rate__sigma": 0.5}, "margins.data_rate", "OUT_OF_RANGE"),
        ({"margins__battery_capacity__mean": 0.2}, "margins.battery_capacity", "OUT_OF_RANGE"),
        ({"margins__array_power__most": 0}, "margins.array_power", "OUT_OF_RANGE"),
        ({"margins__data_rate__most": 0}, "margins.data_rate", "OUT_OF_RANGE"),
        ({"margins__battery_capacity__most": 0.15}, "margins.battery_capacity", "OUT_OF_RANGE"),
        ({"margins__light_edge": "4 d"}, "margins.light_edge", "OUT_OF_RANGE"),
        ({"margins__storage": "100 %"}, "margins.storage", "OUT_OF_RANGE"),
        ({"margins__storage": "110 %"}, "margins.storage", "OUT_OF_RANGE"),
        ({"margins__activity_classes__0__resources": ["dril"]}, "margins.activity_classes[0].resources[0]",
         "UNKNOWN_RESOURCE"),
        ({"margins__activity_classes__0__activity_types": ["x"]}, "margins.activity_classes[0].activity_types[0]",
         "UNKNOWN_ACTIVITY_TYPE"),
        ({"margins__activity_classes__0__resources": []}, "margins.activity_classes[0]", "MISSING_FIELD"),
        ({"margins__activity_classes": [SPREADS["activity_classes"][0]] * 2}, "margins.activity_classes[1].id",  # type: ignore[index]
         "DUPLICATE_ID"),
        ({"margins__contact_failure": 0.1}, "margins.contact_failure", "UNKNOWN_FIELD"),
        ({"margins__policy": " "}, "margins.policy", "INVALID_VALUE"),
    ],
)  # fmt: skip
def test_margins_that_cannot_be_planned_with_are_refused_where_they_stand(
    change: dict[str, Any], path: str, code: str
) -> None:
    content = load_mission("lupex-week")
    stated()(content)
    _, faults = read_document(changed(content, **change), EPHEMERIS_SPAN)
    assert [(fault.path, fault.code) for fault in faults] == [(path, code)]


def test_margins_are_of_a_terrain() -> None:
    asked = changed(load_mission("ait-campaign"), margins={**SPREADS, "activity_classes": []})
    _, faults = read_document(asked, EPHEMERIS_SPAN)
    assert ("margins", "NO_TERRAIN") in {(fault.path, fault.code) for fault in faults}


def test_a_plan_keeps_its_margins_and_one_that_gives_them_up_is_refused() -> None:
    result = solve(CAREFUL, seed=1, work_limit=2.0)
    assert result.schedule.activities
    assert validate(CAREFUL, result.schedule).violations == ()
    by_id = {each.activity_id: each for each in CAREFUL.activities}
    first = next(each for each in result.schedule.activities if by_id[each.activity_id].margin_s)
    shorter = replace(first, span=(first.span[0], first.span[1] - by_id[first.activity_id].margin_s))
    given_up = replace(
        result.schedule,
        activities=tuple(shorter if each is first else each for each in result.schedule.activities),
    )
    assert Rule.DURATION in {each.rule_id for each in validate(CAREFUL, given_up).violations}
    # And nothing of it is broken where it goes as predicted, or as far off as the margins reach.
    kept = assess(CAREFUL, result.schedule, MarginPolicy("still", "As predicted"), draws=1)
    assert kept.kept == 1
    bad = MarginPolicy(
        "bad",
        "All on the bad side",
        drive_duration=Spread(1.2),
        activity_duration=Spread(1.1),
        array_power=Spread(0.96),
        battery_capacity=Spread(0.9),
        load_power=Spread(1.15),
        data_rate=Spread(0.8),
    )
    assert assess(CAREFUL, result.schedule, bad, draws=1).kept == 1


def test_what_is_measured_may_fill_all_that_there_is_and_none_of_it_is_lost() -> None:
    battery, storage = PLAIN.battery, PLAIN.storage
    full = replan_pb2.Measurement(charge_wh=battery.capacity_wh, stored_bit=storage.capacity_bit)
    event = replan_pb2.PlanEvent(measurement=full)
    assert not event_faults(CAREFUL, Schedule(), [event])
    found = with_levels(CAREFUL, 0.0, 0.0, [event])
    assert not check_problem(found)
    # The battery is counted on for less; data are all there, and what was left free for them is taken.
    assert found.battery == replace(CAREFUL.battery, start_wh=CAREFUL.battery.capacity_wh)
    assert found.storage.start_bit == storage.capacity_bit
    assert without_margins(found).storage.capacity_bit == pytest.approx(storage.capacity_bit)
    full.charge_wh, full.stored_bit = 1.01 * battery.capacity_wh, 1.01 * storage.capacity_bit
    paths = [fault.path for fault in event_faults(CAREFUL, Schedule(), [replan_pb2.PlanEvent(measurement=full)])]
    assert paths == ["events[0].measurement.charge_wh", "events[0].measurement.stored_bit"]


def test_what_is_predicted_is_found_again() -> None:
    found = without_margins(CAREFUL)
    assert found.margins is None
    assert [each.duration_s for each in found.activities] == [each.duration_s for each in PLAIN.activities]
    assert found.battery.capacity_wh == pytest.approx(PLAIN.battery.capacity_wh)
    assert found.battery.asleep_load_w == pytest.approx(PLAIN.battery.asleep_load_w)
    assert found.storage.capacity_bit == pytest.approx(PLAIN.storage.capacity_bit)
    for before, after in zip(PLAIN.places, found.places, strict=True):
        assert after.windows == before.windows
        assert after.generation.power_w == pytest.approx(before.generation.power_w)
    for full, again in zip(PLAIN.contact_windows, found.contact_windows, strict=True):
        assert again.rate.rate_bps == pytest.approx(full.rate.rate_bps)


@pytest.mark.parametrize(("factor", "kept"), [(0.5, 1), (1.0, 1), (1.2, 1), (1.3, 0)])
def test_a_step_that_is_over_early_leaves_the_next_one_its_contact(factor: float, kept: int) -> None:
    """Of an hour 600 s are margin; the step after it follows at once, in a contact that is booked for its time."""
    look, tell = make_chain("c", count=2)
    look = replace(look, margin_s=600)
    tell = replace(tell, activity_type_id="tell", conditions=(Condition(ConditionKind.CONTACT),))
    problem = make_problem(activities=(look, tell), drives=(), contact_windows=(make_window(),))
    schedule = plan(at("c-0", 0), at("c-1", 3600), contact(3600, 7200))
    assert validate(problem, schedule).violations == ()
    as_planned = (ActivityClass("tell", Spread(), ("tell",)),)
    policy = MarginPolicy("t", "T", activity_duration=Spread(factor), activity_classes=as_planned)
    assert assess(problem, schedule, policy, draws=1).kept == kept


def lit_for(lit_s: int, **changes: Any) -> PlanningProblem:
    base = make_place("base")
    lit = replace(base, windows={**base.windows, ConditionKind.ILLUMINATION: ((3600, 3600 + lit_s),)})
    imaging = make_activity("image", duration_s=1800, conditions=(Condition(ConditionKind.ILLUMINATION),), **changes)
    return make_problem(places=(lit,), drives=(), activities=(imaging,))


@pytest.mark.parametrize(("lit_s", "is_planned"), [(2399, False), (2400, True)])
def test_a_margin_of_light_binds_to_the_second(lit_s: int, is_planned: bool) -> None:
    problem = with_margins(lit_for(lit_s), Margins("edges", 1.0, light_edge_s=300))
    result = solve(replace(problem, resolution_s=1), seed=1, work_limit=0.5)
    assert bool(result.schedule.activities) == is_planned
    at_the_edge = validate(problem, plan(at("image", 3600, 1800)))
    assert {each.rule_id for each in at_the_edge.violations} == {Rule.CONDITION_ILLUMINATION}


def test_what_a_margin_displaces_is_explained_by_it() -> None:
    problem = lit_for(2000)
    longer = replace(problem.activities[0], duration_s=2160, margin_s=360)
    problem = replace(problem, activities=(longer,), resolution_s=100, horizon_s=HORIZON_S // 100 * 100)
    nothing = Schedule((), (), ())
    (unplanned,) = explain_unplanned(problem, nothing)
    assert unplanned.reason == "NO_WINDOW"
    assert "6 min of it as a margin" in unplanned.explanation
    why = explain_one(problem, nothing, "image", 0)
    (admission,) = (each for each in why.admissions if each.kind == "WITHOUT_MARGIN")
    assert (admission.amount, admission.unit) == (360.0, "s")
