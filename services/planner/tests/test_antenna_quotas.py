"""Quotas of antenna time: kept by every way in which contacts are chosen, told where they are in the way."""

import random
from dataclasses import replace

import pytest
from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.contact_windows import AntennaQuota
from malapert_planner.domain.problem.hashing import problem_hash
from malapert_planner.domain.problem.places import DriveRule
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.resources import Storage
from malapert_planner.domain.schedule.result import SolveResult, SolveStatus
from malapert_planner.domain.validation.validate import validate
from malapert_planner.services.making.problem_file import pack_problem, unpack_problem
from malapert_planner.solvers.explain.admission import explain_one
from malapert_planner.solvers.explain.unplanned import explain_unplanned
from malapert_planner.solvers.parameters import Recreate
from malapert_planner.solvers.solve import solve
from problem_factory import HORIZON_S, HOUR_S, make_activity, make_problem, make_window

WORK = 2.0
TALKS = tuple(make_activity(f"a{n}", conditions=(Condition(ConditionKind.CONTACT),), value=10.0 + n) for n in range(5))


def quota(left_s: int, *, station_ids: tuple[str, ...] = ("usuda",), **changes: object) -> AntennaQuota:
    made = AntennaQuota("JAXA 2029-01", ("JAXA",), station_ids, (-9 * 86400, 22 * 86400), left_s, "JAXA in 2029-01")
    return replace(made, **changes)  # type: ignore[arg-type]


def talking(*quotas: AntennaQuota, **changes: object) -> PlanningProblem:
    """Five activities of an hour one after the other, each in a contact of an antenna that turns for five minutes."""
    one_by_one = tuple(replace(each, resource_ids=("arm",)) for each in TALKS)
    window = make_window("w", setup_s=300, teardown_s=300)
    return make_problem(activities=one_by_one, contact_windows=(window,), antenna_quotas=quotas, **changes)


def planned(result: SolveResult) -> set[str]:
    return {placed.activity_id for placed in result.schedule.activities}


def checked(problem: PlanningProblem) -> SolveResult:
    result = solve(problem, work_limit=WORK)
    assert result.status in (SolveStatus.FEASIBLE, SolveStatus.OPTIMAL)
    assert validate(problem, result.schedule).violations == ()
    return result


# A contact of n hours takes n h 10 min of the antenna.
@pytest.mark.parametrize(("left_s", "count"), [(4199, 0), (4200, 1), (7799, 1), (15_000, 4)])
def test_no_more_is_planned_than_quotas_leave(left_s: int, count: int) -> None:
    result = checked(talking(quota(left_s)))
    assert planned(result) == {f"a{4 - n}" for n in range(count)}


def test_contacts_go_to_antennas_that_have_time_left() -> None:
    problem = talking(quota(0))
    other = make_window("v", "belrose", cost_per_hour=1.0)
    result = checked(replace(problem, contact_windows=(*problem.contact_windows, other)))
    assert planned(result) == {"a0", "a1", "a2", "a3", "a4"}
    assert {contact.station_id for contact in result.schedule.contacts} == {"belrose"}


def test_a_quota_counts_what_lies_in_its_span_alone() -> None:
    # Of the first two hours a quarter is left: what begins there ends in the month that has time.
    early = quota(1800, span=(-86400, 2 * HOUR_S))
    late = quota(100_000, quota_id="JAXA 2029-02", span=(2 * HOUR_S, 86400))
    result = checked(talking(early, late))
    assert len(planned(result)) == 4
    before_s = sum(2 * HOUR_S - c.span[0] + 300 for c in result.schedule.contacts if c.span[0] < 2 * HOUR_S)
    assert before_s <= 1800


def test_several_antennas_share_a_quota() -> None:
    problem = talking(quota(7800, station_ids=("usuda", "belrose")))
    other = make_window("v", "belrose", setup_s=300, teardown_s=300)
    result = checked(replace(problem, contact_windows=(*problem.contact_windows, other)))
    assert len(planned(result)) == 2


def test_data_is_sent_in_the_time_that_is_left() -> None:
    # Each hour gathers what half an hour sends; the storage holds one.
    activities = tuple(make_activity(f"a{n}", resource_ids=("arm",), data_bit=1.8e6) for n in range(4))
    window = make_window("w", setup_s=300, teardown_s=300)
    problem = make_problem(activities=activities, contact_windows=(window,), storage=Storage(1.8e6, 0.0, 1.8e6))
    assert len(planned(checked(problem))) == 4
    result = checked(replace(problem, antenna_quotas=(quota(2 * 1800 + 1200),)))
    assert 2 <= len(planned(result)) <= 3


@pytest.mark.parametrize("left_s", [0, 4200, 11_400])
def test_ruin_and_recreate_keeps_quotas(monkeypatch: pytest.MonkeyPatch, left_s: int) -> None:
    monkeypatch.setattr(Recreate, "FEWEST_CHAINS", 1)
    result = checked(talking(quota(left_s)))
    assert len(planned(result)) == left_s // HOUR_S


def test_drives_in_contact_keep_quotas() -> None:
    rule = DriveRule((Condition(ConditionKind.CONTACT),), ())
    windows = tuple(
        make_window(f"w{place}", place_id=place, setup_s=300, teardown_s=300) for place in ("base", "ridge")
    )
    there = make_activity("a", place_ids=("ridge",))
    problem = make_problem(activities=(there,), drive_rule=rule, contact_windows=windows)
    assert planned(checked(replace(problem, antenna_quotas=(quota(2400),)))) == {"a"}
    assert planned(checked(replace(problem, antenna_quotas=(quota(2399),)))) == set()


@pytest.mark.parametrize("seed", range(2))
def test_any_quotas_are_kept_and_cost_no_more_than_they_must(seed: int) -> None:
    rng = random.Random(seed)
    quotas = tuple(
        quota(rng.randrange(0, 12_000), quota_id=f"q{n}", span=(edge, edge + rng.randrange(3600, 20_000)))
        for n, edge in enumerate(rng.sample(range(-3600, HORIZON_S, 900), 3))
    )
    free, bound = checked(talking()), checked(talking(*quotas))
    assert bound.objective <= free.objective + 1e-6


def test_a_quota_that_is_used_up_is_told_with_what_would_admit() -> None:
    problem = talking(quota(7800))
    result = checked(problem)
    told = {each.request_id: each for each in explain_unplanned(problem, result.schedule)}
    assert set(told) == {"a0", "a1", "a2"}
    for each in told.values():
        assert each.reason == "QUOTA", each
        assert "quota of antenna hours of JAXA in 2029-01 is used up" in each.explanation
        assert each.blocking == ("JAXA 2029-01",)
        # What is left in all is for the agency that books to know.
        assert "7800" not in each.explanation
        assert "2.17" not in each.explanation
    why = explain_one(problem, result.schedule, "a2", 0)
    assert "quota" in why.rules
    larger = next(each for each in why.admissions if each.kind == "LARGER_QUOTA")
    assert larger.amount == pytest.approx(1.0, abs=0.5)
    more = replace(problem, antenna_quotas=(quota(7800 + round(larger.amount * HOUR_S)),))
    assert len(planned(checked(more))) == 3


def test_a_problem_without_quotas_keeps_its_hash_and_an_old_file_is_read() -> None:
    problem = talking()
    assert unpack_problem(pack_problem(problem)) == problem
    assert problem_hash(replace(problem, antenna_quotas=(quota(1),))) != problem_hash(problem)
    with_quota = talking(quota(1))
    assert unpack_problem(pack_problem(with_quota)) == with_quota
