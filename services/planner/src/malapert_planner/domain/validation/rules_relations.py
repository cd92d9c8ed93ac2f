"""Rules between activities: chains, relations between requests, repetitions."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise

from malapert_planner.domain.problem.activities import Activity, Relation, RelationKind
from malapert_planner.domain.problem.choices import choices_among_repetitions, open_choices
from malapert_planner.domain.problem.modes import Chain, planned_whole
from malapert_planner.domain.schedule.schedule import PlacedActivity
from malapert_planner.domain.simulation.coverage import overlap_s
from malapert_planner.domain.simulation.timeline import Case, drive_label
from malapert_planner.domain.validation.rules import Findings, Rule


def check_relations(case: Case, findings: Findings) -> None:
    """Check modes, chains, relations and repetitions.

    A request or repetition counts as planned where any activity of it is, and as planned whole where a chain of it is.
    """
    placed = {activity.activity_id: placed for activity, placed in case.activities}
    chains: dict[str, list[Activity]] = defaultdict(list)
    for activity in case.problem.activities:
        if activity.chain_id:
            chains[activity.chain_id].append(activity)
    for chain_id, steps in chains.items():
        _check_chain(case, chain_id, sorted(steps, key=lambda step: step.chain_index), placed, findings)
    for modes in case.repetitions:
        _check_modes(modes, placed, findings)
    requests = _Requests(case, placed)
    for relation in case.problem.relations:
        _check_relation(case, relation, requests, findings)
    _check_repetitions(case, requests, findings)


class _Requests:
    """The placed activities of each request and repetition."""

    def __init__(self, case: Case, placed: dict[str, PlacedActivity]) -> None:
        problem = case.problem
        self.steps: dict[str, dict[int, list[PlacedActivity | None]]] = defaultdict(lambda: defaultdict(list))
        self._missing: Counter[str] = Counter()
        self._missing_choices: dict[str, int] = {}
        for activity in problem.activities:
            self.steps[activity.request_id][activity.repetition_index].append(placed.get(activity.activity_id))
        for modes in case.repetitions:
            self._missing[modes[0][0].request_id] += not planned_whole(modes, placed)
        lacking = open_choices(problem, placed)
        for request_id, limits in choices_among_repetitions(problem).items():
            self._missing_choices[request_id] = sum(lacking[limit.limit_id] for limit in limits)

    def planned(self, request_id: str) -> list[PlacedActivity]:
        """Return the placed activities of a request."""
        return [step for steps in self.steps[request_id].values() for step in steps if step is not None]

    def missing(self, request_id: str) -> int:
        """Return how many repetitions of a request are not planned whole, of a choice how many it lacks."""
        return self._missing_choices.get(request_id, self._missing[request_id])

    def start_s(self, request_id: str, repetition_index: int) -> int | None:
        """Return when a repetition starts, None where it is not planned."""
        steps = self.steps[request_id].get(repetition_index, [])
        return min((step.span[0] for step in steps if step is not None), default=None)


def _check_modes(modes: tuple[Chain, ...], placed: dict[str, PlacedActivity], findings: Findings) -> None:
    if len(modes) == 1:
        return
    first = modes[0][0]
    starts = {
        chain[0].mode_id: min(placed[step.activity_id].span for step in chain if step.activity_id in placed)
        for chain in modes
        if any(step.activity_id in placed for step in chain)
    }
    message = f"repetition {first.repetition_index} is planned in {len(starts)} modes: {', '.join(starts)}"
    span = min(starts.values(), default=(0, 0))
    findings.check(Rule.MODE, len(starts) - 1, (first.request_id, *starts), span, message)


def _check_chain(
    case: Case, chain_id: str, steps: list[Activity], placed: dict[str, PlacedActivity], findings: Findings
) -> None:
    found = [(step, placed[step.activity_id]) for step in steps if step.activity_id in placed]
    missing = tuple(step.activity_id for step in steps if step.activity_id not in placed)
    span = (min((item.span[0] for _, item in found), default=0), max((item.span[1] for _, item in found), default=0))
    message = f"of the chain's {len(steps)} activities {len(missing)} are not planned: {', '.join(missing)}"
    findings.check(Rule.CHAIN_COMPLETE, len(missing) if found else 0, (chain_id, *missing), span, message)
    for (before, first), (after, second) in pairwise(found):
        objects = (chain_id, before.activity_id, after.activity_id)
        between = (first.span[1], second.span[0])
        wait_s = between[1] - between[0]
        around = (min(between), max(between))
        findings.check(Rule.CHAIN_ORDER, -wait_s, objects, around, "a step starts before the one before has ended")
        message = f"a step waits {wait_s} s, longer than {after.max_wait_s} s"
        findings.check(Rule.CHAIN_WAIT, wait_s - after.max_wait_s, objects, around, message)
        message = f"the chain moves from {first.place_id} to {second.place_id}"
        findings.check(Rule.CHAIN_PLACE, first.place_id != second.place_id, objects, around, message)
    if found:
        findings.count(Rule.CHAIN_DRIVE)
        for drive in case.schedule.drives:
            if both_s := overlap_s(span, drive.span):
                message = "the asset drives within the chain"
                findings.report(Rule.CHAIN_DRIVE, (chain_id, drive_label(drive)), drive.span, both_s, message)


def _check_relation(case: Case, relation: Relation, requests: _Requests, findings: Findings) -> None:
    objects = (relation.request_id, relation.other_request_id)
    own, other = requests.planned(relation.request_id), requests.planned(relation.other_request_id)
    span = (min((step.span[0] for step in own), default=0), max((step.span[1] for step in own), default=0))
    if relation.kind is RelationKind.EXCLUDES:
        broken = bool(own) and bool(other)
        findings.check(Rule.RELATION_EXCLUDES, broken, objects, span, f"{' and '.join(objects)} exclude each other")
    elif relation.kind is RelationKind.REQUIRES:
        missing = requests.missing(relation.other_request_id) if own else 0
        message = f"{objects[0]} requires {objects[1]}, of which {missing} repetitions are not planned whole"
        findings.check(Rule.RELATION_REQUIRES, missing, objects, span, message)
    elif relation.kind is RelationKind.TOGETHER:
        _check_together(relation, own, other, findings)
    elif own and other:
        end_s = max(step.span[1] for step in other)
        _check_lag(relation, end_s, span[0], findings)


def _check_together(
    relation: Relation, own: list[PlacedActivity], other: list[PlacedActivity], findings: Findings
) -> None:
    objects = (relation.request_id, relation.other_request_id)
    starts = [min((step.span[0] for step in steps), default=None) for steps in (own, other)]
    known = [start for start in starts if start is not None]
    span = (min(known, default=0), max(known, default=0))
    if len(known) == 1:
        message = f"one of {' and '.join(objects)} is planned without the other"
        findings.check(Rule.RELATION_TOGETHER, 1, objects, span, message)
        return
    apart_s = span[1] - span[0]
    message = f"{' and '.join(objects)} start {apart_s} s apart; at most {relation.max_lag_s} s are asked"
    findings.check(Rule.RELATION_TOGETHER, apart_s - relation.max_lag_s, objects, span, message)


def _check_lag(relation: Relation, end_s: int, start_s: int, findings: Findings) -> None:
    lag_s = start_s - end_s
    short_s = relation.min_lag_s - lag_s
    late_s = lag_s - relation.max_lag_s if relation.max_lag_s > 0 else 0
    most = f" and at most {relation.max_lag_s} s" if relation.max_lag_s > 0 else ""
    message = (
        f"{relation.request_id} starts {lag_s} s after the end of {relation.other_request_id}; "
        f"at least {relation.min_lag_s} s{most} are asked"
    )
    objects = (relation.request_id, relation.other_request_id)
    span = (min(start_s, end_s), max(start_s, end_s))
    findings.check(Rule.RELATION_AFTER, max(short_s, late_s), objects, span, message)


def _check_repetitions(case: Case, requests: _Requests, findings: Findings) -> None:
    for repetition in case.problem.repetitions:
        request_id = repetition.request_id
        for index in sorted(requests.steps[request_id]):
            start_s = requests.start_s(request_id, index)
            if index == 0 or start_s is None:
                continue
            before_s = requests.start_s(request_id, index - 1)
            message = f"repetition {index} of {request_id} is planned without repetition {index - 1}"
            findings.check(Rule.REPETITION_ORDER, before_s is None, (request_id,), (start_s, start_s), message)
            if before_s is not None:
                apart_s = start_s - before_s
                off_s = abs(apart_s - repetition.period_s) - repetition.tolerance_s
                message = (
                    f"repetitions {index - 1} and {index} of {request_id} start {apart_s} s apart; "
                    f"{repetition.period_s} ± {repetition.tolerance_s} s are asked"
                )
                span = (min(before_s, start_s), max(before_s, start_s))
                findings.check(Rule.REPETITION_PERIOD, off_s, (request_id,), span, message)
