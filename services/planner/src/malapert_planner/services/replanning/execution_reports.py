"""Reports on what was run, as payload keeps them by repetition, turned into events of a plan's activities. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from malapert.payload.v1 import execution_pb2
from malapert.planner.v1 import replan_pb2
from malapert.type.v1 import type_pb2
from malapert_core.timestamps import from_timestamp

from malapert_planner.domain.problem.activities import Activity
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.schedule.schedule import PlacedActivity, Schedule
from malapert_planner.services.replanning.plan_events import RETRY
from malapert_planner.services.requests_out.request_messages import interval

_STATES = {
    execution_pb2.EXECUTION_OUTCOME_STARTED: replan_pb2.RUN_STATE_STARTED,
    execution_pb2.EXECUTION_OUTCOME_DONE: replan_pb2.RUN_STATE_DONE,
    execution_pb2.EXECUTION_OUTCOME_FAILED: replan_pb2.RUN_STATE_FAILED,
    execution_pb2.EXECUTION_OUTCOME_SKIPPED: replan_pb2.RUN_STATE_SKIPPED,
    execution_pb2.EXECUTION_OUTCOME_ABANDONED: replan_pb2.RUN_STATE_ABANDONED,
}
_ENDED_EARLY = (replan_pb2.RUN_STATE_FAILED, replan_pb2.RUN_STATE_ABANDONED)
_Step = tuple[Activity, PlacedActivity]
_Try = tuple[str, int, int]
"""A request, a repetition, and the number of the attempt at it, from 1."""


def run_events(
    problem: PlanningProblem,
    schedule: Schedule,
    reports: Iterable[execution_pb2.Execution],
    asked: Sequence[replan_pb2.PlanEvent],
    known: Sequence[replan_pb2.PlanEvent] = (),
) -> list[replan_pb2.PlanEvent]:
    """Return the runs that reports tell of activities in a schedule.

    What the events asked for name is left to them, and what events that the schedule knows of have ended. Of several
    reports on one try the last counts. A report is on a whole chain: of one that is done the steps are spread over its
    time as they were planned; one that failed did so in the step that was under way when it ended.
    """
    told = {run.activity_id for run in _activity_runs(asked)}
    told |= {run.activity_id for run in _activity_runs(known) if run.state != replan_pb2.RUN_STATE_STARTED}
    planned = _planned_tries(problem, schedule)
    last = {(report.request_id, report.repetition_index, report.attempt): report for report in reports}
    events = []
    for key, report in sorted(last.items()):
        steps = planned.get(key, [])
        if steps and report.outcome in _STATES and not told & {activity.activity_id for activity, _ in steps}:
            events += [replan_pb2.PlanEvent(activity_run=run) for run in _runs(steps, report)]
    return [event for event in events if event not in known]


def _activity_runs(events: Iterable[replan_pb2.PlanEvent]) -> Iterator[replan_pb2.ActivityRun]:
    return (event.activity_run for event in events if event.WhichOneof("event") == "activity_run")


def _planned_tries(problem: PlanningProblem, schedule: Schedule) -> dict[_Try, list[_Step]]:
    activities = {activity.activity_id: activity for activity in problem.activities}
    tries: dict[_Try, list[_Step]] = defaultdict(list)
    for placed in sorted(schedule.activities, key=lambda item: item.span):
        activity = activities[placed.activity_id]
        attempt = 1 + activity.activity_id.count(RETRY)
        tries[activity.request_id, activity.repetition_index, attempt].append((activity, placed))
    return tries


def _runs(steps: list[_Step], report: execution_pb2.Execution) -> Iterable[replan_pb2.ActivityRun]:
    state = _STATES[report.outcome]
    if state == replan_pb2.RUN_STATE_SKIPPED:
        for activity, _ in steps:
            yield replan_pb2.ActivityRun(activity_id=activity.activity_id, state=state)
        return
    spans = _spans(steps, report, state)
    begun = [(activity, span) for (activity, _), span in zip(steps, spans, strict=True) if span is not None]
    for index, (activity, span) in enumerate(begun):
        failed_here = state in _ENDED_EARLY and index == len(begun) - 1
        own = state if failed_here or state not in _ENDED_EARLY else replan_pb2.RUN_STATE_DONE
        run = replan_pb2.ActivityRun(activity_id=activity.activity_id, state=own, interval=span)
        _add_measured(run, [activity for activity, _ in begun], index, report)
        yield run


def _spans(
    steps: list[_Step],
    report: execution_pb2.Execution,
    state: "replan_pb2.RunState.ValueType",
) -> list[type_pb2.Interval | None]:
    """Return when each step was under way; None where the chain ended before it."""
    first_s, last_s = steps[0][1].span[0], steps[-1][1].span[1]
    began, ended = from_timestamp(report.span.start_time), from_timestamp(report.span.end_time)
    stretch = 1.0
    if state == replan_pb2.RUN_STATE_DONE and ended > began:
        stretch = (ended - began).total_seconds() / (last_s - first_s)

    def at(planned_s: int) -> datetime:
        return began + timedelta(seconds=(planned_s - first_s) * stretch)

    spans: list[type_pb2.Interval | None] = []
    for number, (_, placed) in enumerate(steps):
        start, end = at(placed.span[0]), at(placed.span[1])
        if state in _ENDED_EARLY:
            # Something of the first step was done, or it would have been skipped.
            if start >= ended and number:
                spans.append(None)
                continue
            end = max(min(end, ended), start + timedelta(seconds=1))
        spans.append(interval(start, end))
    last = max(index for index, span in enumerate(spans) if span is not None)
    if state in _ENDED_EARLY and (late := spans[last]) is not None and ended > from_timestamp(late.end_time):
        spans[last] = interval(from_timestamp(late.start_time), ended)
    return spans


def _add_measured(
    run: replan_pb2.ActivityRun, begun: list[Activity], index: int, report: execution_pb2.Execution
) -> None:
    """Share what was measured out among the steps that began, as it was planned; all to the first where nothing was."""
    energies = [activity.power_w * activity.duration_s for activity in begun]
    volumes = [activity.data_bit for activity in begun]
    if report.energy_wh > 0:
        run.energy_wh = report.energy_wh * _share(energies, index)
    if report.data_bit > 0:
        run.data_bit = report.data_bit * _share(volumes, index)


def _share(amounts: list[float], index: int) -> float:
    total = sum(amounts)
    return amounts[index] / total if total > 0 else float(index == 0)
