"""Whatever is called a schedule gets a verdict, never a crash; what is nonsense is refused."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from malapert_planner.domain.schedule.schedule import PlacedActivity, PlacedContact, PlacedDrive, Schedule
from malapert_planner.domain.validation.objective import evaluate
from malapert_planner.domain.validation.rules import Rule
from malapert_planner.domain.validation.validate import validate
from problem_factory import random_problem

PROBLEM = random_problem(23)
EDGES = st.integers(-10_000, 2 * PROBLEM.horizon_s)
SPANS = st.one_of(
    st.tuples(EDGES, EDGES), st.tuples(EDGES, st.integers(1, 9000)).map(lambda pair: (pair[0], sum(pair)))
)
PLACES = st.sampled_from([*(place.place_id for place in PROBLEM.places), "nowhere"])
ACTIVITIES = st.builds(
    PlacedActivity, st.sampled_from([*(item.activity_id for item in PROBLEM.activities), "nothing"]), PLACES, SPANS
)
DRIVES = st.builds(PlacedDrive, PLACES, PLACES, SPANS)
CONTACTS = st.builds(
    PlacedContact,
    st.sampled_from([*(window.station_id for window in PROBLEM.contact_windows), "nobody"]),
    PLACES,
    st.sampled_from([*(window.window_id for window in PROBLEM.contact_windows), "never"]),
    SPANS,
)
SCHEDULES = st.builds(
    Schedule,
    st.lists(ACTIVITIES, max_size=5).map(tuple),
    st.lists(DRIVES, max_size=5).map(tuple),
    st.lists(CONTACTS, max_size=5).map(tuple),
)


@settings(max_examples=150, derandomize=True)
@given(SCHEDULES)
def test_any_schedule_gets_a_verdict(schedule: Schedule) -> None:
    report = validate(PROBLEM, schedule)

    items: list[Any] = [*schedule.activities, *schedule.drives, *schedule.contacts]
    nonsense = any(not 0 <= item.span[0] < item.span[1] <= PROBLEM.horizon_s for item in items)
    assert not (nonsense and report.valid)
    assert all(violation.amount > 0 for violation in report.violations if violation.rule_id != Rule.SPAN)
    assert all(math.isfinite(value) for profile in report.profiles for value in profile.value)
    assert len(report.sent_bit) == len(schedule.contacts)
    assert math.isfinite(evaluate(PROBLEM, schedule).objective)


def test_span_that_is_not_whole_is_refused() -> None:
    activity_id = PROBLEM.activities[0].activity_id
    for span in ((0.5, 60), (float("nan"), 60), (True, 60)):
        report = validate(PROBLEM, Schedule((PlacedActivity(activity_id, PROBLEM.start_place_id, span),)))

        assert Rule.SPAN in {violation.rule_id for violation in report.violations}
