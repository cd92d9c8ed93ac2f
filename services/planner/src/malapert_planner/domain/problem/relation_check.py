"""Checks that chains, relations and repetitions of a problem are well formed."""

from __future__ import annotations

from collections import defaultdict

from malapert_planner.domain.problem.activities import Activity, RelationKind
from malapert_planner.domain.problem.faults import LARGEST_DURATION_S, Faults
from malapert_planner.domain.problem.modes import alternatives
from malapert_planner.domain.problem.problem import PlanningProblem


def check_relations(problem: PlanningProblem, faults: Faults) -> None:
    """Record the faults of chains, relations and repetitions."""
    _check_chains(problem.activities, faults)
    _check_modes(problem.activities, faults)
    request_ids = {activity.request_id for activity in problem.activities}
    for index, relation in enumerate(problem.relations):
        path = f"relations[{index}]"
        faults.member(f"{path}.request_id", relation.request_id, request_ids, "REQUEST")
        faults.member(f"{path}.other_request_id", relation.other_request_id, request_ids, "REQUEST")
        if relation.request_id == relation.other_request_id:
            faults.add(path, "SAME_REQUEST", "a relation needs two requests")
        whole = faults.whole(f"{path}.min_lag_s", relation.min_lag_s, 0, LARGEST_DURATION_S)
        whole &= faults.whole(f"{path}.max_lag_s", relation.max_lag_s, 0, LARGEST_DURATION_S)
        if whole and 0 < relation.max_lag_s < relation.min_lag_s:
            message = f"the longest lag {relation.max_lag_s} s is below the shortest {relation.min_lag_s} s"
            faults.add(f"{path}.max_lag_s", "OUT_OF_RANGE", message)
    for kind in (RelationKind.AFTER, RelationKind.REQUIRES):
        _check_cycles(problem, kind, faults)
    _check_repetitions(problem, request_ids, faults)


def _check_chains(activities: tuple[Activity, ...], faults: Faults) -> None:
    chains: dict[str, list[tuple[int, Activity]]] = defaultdict(list)
    for index, activity in enumerate(activities):
        if activity.chain_id:
            chains[activity.chain_id].append((index, activity))
    for chain_id, steps in chains.items():
        path = f"activities[{steps[0][0]}]"
        indices = sorted(step.chain_index for _, step in steps)
        if indices != list(range(len(steps))):
            message = f"chain {chain_id} has the indices {indices}; each from 0 to {len(steps) - 1} is needed once"
            faults.add(f"{path}.chain_index", "CHAIN_GAP", message)
        if len({step.mandatory for _, step in steps}) > 1:
            message = f"the activities of chain {chain_id} must all be mandatory or none"
            faults.add(f"{path}.mandatory", "CHAIN_MIXED", message)
        if len({(step.request_id, step.repetition_index, step.mode_id) for _, step in steps}) > 1:
            message = f"the activities of chain {chain_id} must belong to one mode of one repetition of one request"
            faults.add(f"{path}.chain_id", "CHAIN_MIXED", message)


def _check_modes(activities: tuple[Activity, ...], faults: Faults) -> None:
    """The modes of a repetition have names of their own, and are all mandatory or none, of one agency."""
    index_of = {activity.activity_id: index for index, activity in enumerate(activities)}
    for modes in alternatives(activities):
        known: set[str] = set()
        for chain in modes if modes[0][0].mode_id else ():
            path, first = f"activities[{index_of[chain[0].activity_id]}]", chain[0]
            if first.mode_id in known:
                message = (
                    f"repetition {first.repetition_index} of {first.request_id} has a mode {first.mode_id} already"
                )
                faults.add(f"{path}.mode_id", "DUPLICATE_ID", message)
            known.add(first.mode_id)
            if (first.mandatory, first.agency_id) != (modes[0][0].mandatory, modes[0][0].agency_id):
                message = f"the modes of {first.request_id} must all be mandatory or none, and of one agency"
                faults.add(f"{path}.mode_id", "MODE_MIXED", message)


def _check_cycles(problem: PlanningProblem, kind: RelationKind, faults: Faults) -> None:
    """Take away requests that wait for none of the rest until none can be taken: what is left holds the cycles."""
    edges = {
        (relation.request_id, relation.other_request_id): index
        for index, relation in enumerate(problem.relations)
        if relation.kind is kind and relation.request_id != relation.other_request_id
    }
    while True:
        waiting, waited_for = {own for own, _ in edges}, {other for _, other in edges}
        inner = {edge: index for edge, index in edges.items() if edge[1] in waiting and edge[0] in waited_for}
        if len(inner) == len(edges):
            break
        edges = inner
    for (own, other), index in edges.items():
        message = f"{own} {kind} {other} closes a circle"
        faults.add(f"relations[{index}]", "CYCLE", message)


def _check_repetitions(problem: PlanningProblem, request_ids: set[str], faults: Faults) -> None:
    indices: dict[str, set[int]] = defaultdict(set)
    for activity in problem.activities:
        indices[activity.request_id].add(activity.repetition_index)
    for number, repetition in enumerate(problem.repetitions):
        path = f"repetitions[{number}]"
        faults.member(f"{path}.request_id", repetition.request_id, request_ids, "REQUEST")
        faults.whole(f"{path}.period_s", repetition.period_s, 1, LARGEST_DURATION_S)
        faults.whole(f"{path}.tolerance_s", repetition.tolerance_s, 0, LARGEST_DURATION_S)
        found = sorted(indices[repetition.request_id])
        if found != list(range(len(found))):
            message = f"request {repetition.request_id} has the repetitions {found}; none may be left out"
            faults.add(path, "REPETITION_GAP", message)
