"""Set-up and teardown between contacts on one station, and what a contact sends to its edges, to the second."""

from __future__ import annotations

from dataclasses import replace

import pytest
from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.contact_windows import ContactWindow, RateSeries
from malapert_planner.domain.problem.problem import Objective, PlanningProblem
from malapert_planner.domain.problem.resources import Storage
from malapert_planner.domain.schedule.schedule import PlacedActivity, PlacedContact, Schedule
from malapert_planner.domain.validation.validate import validate
from malapert_planner.solvers.construct.downlink_selection import reselect_contacts
from malapert_planner.solvers.instance.compiled import compile_problem
from malapert_planner.solvers.solve import solve
from malapert_planner.solvers.state.incumbent import Incumbent
from problem_factory import make_activity, make_place, make_problem, make_window

SETUP_S, TEARDOWN_S = 20, 10
GUARD_S = SETUP_S + TEARDOWN_S
RATE_BPS = 1000.0


def station(span: tuple[int, int], setup_s: int = SETUP_S, station_id: str = "usuda") -> ContactWindow:
    """A window of an antenna that is set up and taken down, 1000 bit/s."""
    return make_window(
        f"{station_id}-{span[0]}",
        station_id,
        span=span,
        rate=RateSeries((span[0],), (RATE_BPS,)),
        setup_s=setup_s,
        teardown_s=TEARDOWN_S,
    )


def second_by_second(
    data_bit: float, *windows: ContactWindow, horizon_s: int = 2000, **changes: object
) -> PlanningProblem:
    """An image of ten seconds whose data must all be sent in the end, and a talk of ten minutes over Usuda."""
    problem = make_problem(
        horizon_s=horizon_s,
        resolution_s=1,
        places=(make_place("base", illumination=((0, horizon_s),), earth_visibility=((0, horizon_s),)),),
        drives=(),
        activities=(
            make_activity("image", duration_s=10, data_bit=data_bit),
            make_activity("talk", duration_s=600, conditions=(Condition(ConditionKind.CONTACT, ("usuda",)),)),
        ),
        contact_windows=windows,
        storage=Storage(1e9, 0.0, 0.0),
        objective=Objective(1.0, 0.0),
    )
    return replace(problem, **changes)  # type: ignore[arg-type]


def sent_anew(problem: PlanningProblem, talk_s: int, image_s: int, window_id: str) -> list[PlacedContact] | None:
    """Choose the contacts anew besides the one that the talk needs; every rule is kept where there are any."""
    talk = PlacedActivity("talk", "base", (talk_s, talk_s + 600))
    image = PlacedActivity("image", "base", (image_s, image_s + 10))
    kept = PlacedContact("usuda", "base", window_id, talk.span)
    found = reselect_contacts(Incumbent(compile_problem(problem), Schedule((image, talk), (), (kept,))))
    if found is None:
        return None
    assert validate(problem, found.schedule).violations == ()
    return list(found.schedule.contacts)


@pytest.mark.parametrize(
    ("setup_s", "seconds", "sends"),
    [(SETUP_S, 370, True), (SETUP_S, 371, False), (SETUP_S + 1, 370, False), (SETUP_S + 1, 369, True)],
)
def test_a_contact_after_another_waits_for_teardown_and_set_up_and_no_longer(
    setup_s: int, seconds: int, sends: bool
) -> None:
    """The talk ends at 600 s; from 630 s to the window's end at 1000 s there are 370 s."""
    problem = second_by_second(seconds * RATE_BPS, station((0, 1000), setup_s))
    contacts = sent_anew(problem, 0, 600, "usuda-0")
    assert (contacts is not None) is sends
    if contacts is not None:
        assert [contact.span for contact in contacts] == [(0, 600), (600 + TEARDOWN_S + setup_s, 1000)]


@pytest.mark.parametrize(
    ("setup_s", "seconds", "sends"),
    [(SETUP_S, 1560, True), (SETUP_S, 1561, False), (SETUP_S + 1, 1560, False), (SETUP_S + 1, 1559, True)],
)
def test_a_contact_before_another_ends_its_guard_before_it(setup_s: int, seconds: int, sends: bool) -> None:
    """From the window's begin at 10 s to 970 s, and the talk from 1000 s to the window's end at 1600 s."""
    problem = second_by_second(seconds * RATE_BPS, station((10, 1600), setup_s))
    contacts = sent_anew(problem, 1000, 0, "usuda-10")
    assert (contacts is not None) is sends
    if contacts is not None:
        assert [contact.span for contact in contacts] == [(10, 1000 - TEARDOWN_S - setup_s), (1000, 1600)]


def test_another_station_is_not_waited_for() -> None:
    """390 s from the image's end at 610 s, though Usuda is being taken down until then."""
    other = station((0, 1000), station_id="bangalore")
    problem = second_by_second(390 * RATE_BPS, station((0, 600)), other)
    contacts = sent_anew(problem, 0, 600, "usuda-0")
    assert contacts is not None
    assert [contact.station_id for contact in contacts] == ["usuda", "bangalore"]
    assert 600 <= contacts[1].span[0] < 600 + GUARD_S


def test_the_validator_draws_the_same_line() -> None:
    window = station((0, 1000))
    problem = replace(second_by_second(0.0, window), activities=())
    for gap_s, broken in ((GUARD_S, False), (GUARD_S - 1, True)):
        spans = ((0, 600), (600 + gap_s, 900))
        contacts = tuple(PlacedContact("usuda", "base", window.window_id, span) for span in spans)
        violations = validate(problem, Schedule((), (), contacts)).violations
        assert len(violations) == broken


@pytest.mark.parametrize(("setup_s", "worth"), [(SETUP_S, 20.0), (SETUP_S + 1, 10.0)])
def test_the_model_books_two_contacts_that_are_exactly_apart(setup_s: int, worth: float) -> None:
    """Two windows of one antenna, 30 s apart, and something that needs the whole of each."""
    windows = (station((0, 600), setup_s), station((630, 1230), setup_s))
    live = (Condition(ConditionKind.CONTACT, ("usuda",)),)
    problem = second_by_second(
        0.0,
        *windows,
        resolution_s=30,
        horizon_s=1230,
        activities=tuple(
            make_activity(f"live-{window.span[0]}", duration_s=600, conditions=live, windows=(window.span,))
            for window in windows
        ),
    )
    assert solve(problem, work_limit=1.0).objective == worth


@pytest.mark.parametrize(("bits", "sends"), [(1_400_000.0, True), (1_401_000.0, False)])
def test_a_contact_sends_what_its_rates_carry_between_instants_of_the_grid(bits: float, sends: bool) -> None:
    """Of the window from 605 s to 1655 s the minutes from 660 s to 1620 s; from 1180 s on twice the rate."""
    window = make_window(span=(605, 1655), rate=RateSeries((605, 1180), (RATE_BPS, 2 * RATE_BPS)))
    by_minutes = second_by_second(bits, window, resolution_s=60, horizon_s=1800)
    image = replace(by_minutes.activities[0], duration_s=600)
    problem = replace(by_minutes, activities=(image,))
    found = reselect_contacts(
        Incumbent(compile_problem(problem), Schedule((PlacedActivity("image", "base", (0, 600)),)))
    )
    assert (found is not None) is sends
    if found is not None:
        assert [contact.span for contact in found.schedule.contacts] == [(660, 1620)]
        assert validate(problem, found.schedule).violations == ()
