"""Reasons for what is not planned name the outages of the stations that it could have had."""

import pytest
from malapert_planner.domain.explanation.closures import with_closures
from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.contact_windows import ClosedSpan, ClosureKind
from malapert_planner.domain.schedule.result import Unplanned
from problem_factory import HOUR_S, make_activity, make_problem

OUTAGE = ClosedSpan("usuda", (0, 2 * HOUR_S), ClosureKind.OUTAGE, "outage-1", "outage outage-1 (maintenance)")
BOOKED = ClosedSpan("usuda", (0, 2 * HOUR_S), ClosureKind.BOOKING, "contact-9", "it is booked by others")
LEFT = Unplanned("a", 0, "CONTACT", "no contact is left", ("usuda",))
SENT = make_activity(conditions=(Condition(ConditionKind.CONTACT),), windows=((0, HOUR_S),))


def test_outage_is_named_with_its_station_times_and_title() -> None:
    told = with_closures(make_problem(activities=(SENT,), closed_spans=(OUTAGE,)), LEFT)
    assert told.blocking == ("usuda", "outage-1")
    assert told.explanation == (
        "no contact is left; usuda is closed from 2029-01-10 00:00 to 2029-01-10 02:00 UTC: "
        "outage outage-1 (maintenance)"
    )


@pytest.mark.parametrize(
    ("closed", "unplanned", "windows"),
    [
        (BOOKED, LEFT, SENT.windows),
        (OUTAGE, Unplanned("a", 0, "BATTERY", "14 Wh under its floor"), SENT.windows),
        (OUTAGE, LEFT, ((3 * HOUR_S, 4 * HOUR_S),)),
    ],
    ids=["booking of others", "other reason", "other time"],
)
def test_what_is_not_in_the_way_is_not_named(
    closed: ClosedSpan, unplanned: Unplanned, windows: tuple[tuple[int, int], ...]
) -> None:
    activity = make_activity(conditions=SENT.conditions, windows=windows)
    assert with_closures(make_problem(activities=(activity,), closed_spans=(closed,)), unplanned) == unplanned
