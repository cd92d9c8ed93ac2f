"""A contact is a link that closes: windows are cut to where it does, and the validator looks at the rate itself."""

from __future__ import annotations

from dataclasses import replace

import neighbour_data as data
import pytest
from hand_made_schedules import contact, plan
from malapert_planner.domain.problem.contact_windows import RateSeries
from malapert_planner.domain.problem.hashing import problem_hash
from malapert_planner.domain.validation.rules import Rule
from malapert_planner.domain.validation.validate import validate
from malapert_planner.services.making.problem_builder import build_problem
from malapert_planner.services.making.problem_inputs import ProblemInputs
from malapert_planner.solvers.solve import solve
from problem_factory import HORIZON_S, make_activity, make_problem, make_window
from test_way_building import inputs, mission


def fading(least: str | None) -> ProblemInputs:
    """The week with a link that gives nothing for the first two hours of each pass and for its last half hour."""

    def change(content: dict[str, dict[str, str]]) -> None:
        if least:
            content["communications"]["min_rate"] = least

    given = inputs(mission(change))
    for window in given.windows:
        for profile in window.profiles:
            if profile.quantity == "rate_bps":
                length_s = window.interval.end_time.seconds - window.interval.start_time.seconds
                del profile.offset_s[:], profile.value[:]
                profile.offset_s.extend([0.0, 7200.0, length_s - 1800.0])
                profile.value.extend([0.0, data.RATE_BPS, 16_000.0])
    return given


@pytest.mark.parametrize(("least", "cut_s"), [("1 bit/s", (7200, 0)), ("64 kbit/s", (7200, 1800)), (None, (0, 0))])
def test_windows_are_cut_to_where_the_link_closes(least: str | None, cut_s: tuple[int, int]) -> None:
    whole, problem = build_problem(fading(None)), build_problem(fading(least))
    assert len(problem.contact_windows) == len(whole.contact_windows)
    for before, after in zip(whole.contact_windows, problem.contact_windows, strict=True):
        assert after.span == (before.span[0] + cut_s[0], before.span[1] - cut_s[1])
        assert min(after.rate.rate_bps) >= after.least_rate_bps


def test_what_is_left_too_short_is_no_contact() -> None:
    assert build_problem(fading("2 Mbit/s")).contact_windows == ()


def test_a_plan_of_it_is_valid_and_its_mutation_is_refused() -> None:
    problem = build_problem(fading("64 kbit/s"))
    result = solve(problem, seed=1, work_limit=1.5)
    report = validate(problem, result.schedule)
    assert report.violations == ()
    assert report.checks[Rule.CONTACT_RATE] == len(result.schedule.contacts) > 0
    weak = tuple(
        replace(w, rate=RateSeries((w.span[0],), (16_000.0,))) if w.station_id == first.station_id else w
        for first in result.schedule.contacts[:1]
        for w in problem.contact_windows
    )
    broken = validate(replace(problem, contact_windows=weak), result.schedule).violations
    assert Rule.CONTACT_RATE in {violation.rule_id for violation in broken}


def test_the_margin_is_the_least_rate_above_what_is_asked() -> None:
    rate = RateSeries((0, 7200), (900.0, 700.0))
    problem = make_problem(contact_windows=(make_window(rate=rate, least_rate_bps=500.0),))
    margins = {m.rule_id: m for m in validate(problem, plan(contact(0, 9000))).margins}
    assert (margins["CONTACT_RATE"].amount, margins["CONTACT_RATE"].unit) == (200.0, "bit/s")
    plain = make_problem(contact_windows=(make_window(rate=rate),))
    assert "CONTACT_RATE" not in {m.rule_id for m in validate(plain, plan(contact(0, 9000))).margins}


def test_without_a_least_rate_a_problem_keeps_its_hash() -> None:
    plain = make_problem(contact_windows=(make_window(),), activities=(make_activity(),))
    assert problem_hash(replace(plain, contact_windows=(make_window(least_rate_bps=0.0),))) == problem_hash(plain)
    assert problem_hash(replace(plain, contact_windows=(make_window(least_rate_bps=1.0),))) != problem_hash(plain)
    assert plain.horizon_s == HORIZON_S
