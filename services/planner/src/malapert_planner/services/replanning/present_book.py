"""A problem as the contact book stands now: free antenna time from now on, what was closed before as it was."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from malapert.planner.v1 import replan_pb2

from malapert_planner.domain.problem.contact_windows import ClosedSpan, ContactWindow
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.schedule.schedule import PlacedContact, Schedule
from malapert_planner.services.making.antenna_quotas import antenna_quotas
from malapert_planner.services.making.antenna_time import closed_spans, contact_windows
from malapert_planner.services.making.problem_inputs import ProblemInputs
from malapert_planner.services.making.window_conversion import ProblemClock
from malapert_planner.services.replanning.plan_events import with_station_outages


def with_present_book(
    problem: PlanningProblem,
    schedule: Schedule,
    inputs: ProblemInputs,
    known: Sequence[replan_pb2.PlanEvent],
    now_s: int,
) -> tuple[PlanningProblem, Schedule]:
    """Return a plan's problem with the antenna time of now, and its schedule with contacts that name windows of it.

    Parameters
    ----------
    known
        Events that the plan knows of: their outages hold as before.
    now_s
        From when on the book counts; what has been is left as it was.
    """
    if not inputs.windows:
        return problem, schedule
    problem_clock = ProblemClock(problem.start_time, problem.horizon_s)
    own_mission_id = inputs.mission_id if problem.is_placeless else ""
    present = closed_spans(inputs, problem_clock, own_mission_id=own_mission_id)
    closed = (*_within(problem.closed_spans, 0, now_s), *_within(present, now_s, None))
    if problem.is_placeless:
        return replace(problem, closed_spans=closed), schedule
    free = with_station_outages(contact_windows(inputs, closed, problem_clock), known, problem_clock)
    windows = (*free, *_windows_of_the_past(problem, schedule, free, now_s))
    contacts = tuple(_renamed(contact, windows) for contact in schedule.contacts)
    return (
        replace(
            problem,
            contact_windows=windows,
            closed_spans=tuple(closed),
            antenna_quotas=antenna_quotas(inputs.antenna_quotas, windows, problem_clock),
        ),
        replace(schedule, contacts=contacts),
    )


def _within(closed: Iterable[ClosedSpan], start_s: int, end_s: int | None) -> Iterable[ClosedSpan]:
    for each in closed:
        span = (max(each.span[0], start_s), each.span[1] if end_s is None else min(each.span[1], end_s))
        if span[0] < span[1]:
            yield replace(each, span=span)


def _windows_of_the_past(
    problem: PlanningProblem, schedule: Schedule, free: Sequence[ContactWindow], now_s: int
) -> Iterable[ContactWindow]:
    """Yield the windows of contacts that have begun and lie in none that is free now, as they were then."""
    before = {window.window_id: window for window in problem.contact_windows}
    for contact in schedule.contacts:
        window = before.get(contact.window_id)
        if contact.span[0] >= now_s or window is None or _window_of(contact, free) is not None:
            continue
        beside = [
            each.span for each in free if (each.station_id, each.place_id) == (window.station_id, window.place_id)
        ]
        start_s = max((span[1] for span in beside if span[1] <= contact.span[0]), default=window.span[0])
        end_s = min((span[0] for span in beside if span[0] > contact.span[0]), default=window.span[1])
        span = (max(window.span[0], start_s), min(window.span[1], end_s))
        yield replace(window, window_id=f"{window.window_id}#was{contact.span[0]}", span=span)


def _window_of(contact: PlacedContact, windows: Iterable[ContactWindow]) -> ContactWindow | None:
    named = (contact.station_id, contact.place_id)
    return next(
        (
            window
            for window in windows
            if (window.station_id, window.place_id) == named and window.span[0] <= contact.span[0] < window.span[1]
        ),
        None,
    )


def _renamed(contact: PlacedContact, windows: Sequence[ContactWindow]) -> PlacedContact:
    window = _window_of(contact, windows)
    return contact if window is None else replace(contact, window_id=window.window_id)
