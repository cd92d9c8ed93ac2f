"""Chains of a problem as edits need them: by activity, by repetition, and as steps in time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from malapert_planner.domain.problem.activities import Activity
from malapert_planner.domain.problem.modes import Chain, alternatives
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span

Repetition = tuple[str, int]
"""A request and the index of one of its repetitions."""


class Chains:
    """The chains of a problem."""

    def __init__(self, problem: PlanningProblem) -> None:
        self.of_activity: dict[str, Chain] = {}
        self.of_repetition: dict[Repetition, list[Chain]] = defaultdict(list)
        self._resolution_s = problem.resolution_s
        for modes in alternatives(problem.activities):
            for chain in modes:
                self.of_repetition[repetition_of(chain)].append(chain)
                for activity in chain:
                    self.of_activity[activity.activity_id] = chain
        self.repetitions: dict[str, list[int]] = defaultdict(list)
        for request_id, index in sorted(self.of_repetition):
            self.repetitions[request_id].append(index)

    def in_mode(self, chain: Chain, mode_id: str) -> Chain | None:
        """Return the chain of the same repetition that is done in a mode, None where there is none."""
        return next((other for other in self.of_repetition[repetition_of(chain)] if is_in_mode(other, mode_id)), None)

    def lasting(self, activity: Activity, duration_s: int) -> Chain | None:
        """Return the chain of the same repetition whose step lasts so long, None where none does."""
        chain, index = self.of_activity[activity.activity_id], activity.chain_index
        modes = [chain, *self.of_repetition[repetition_of(chain)]]
        return next((mode for mode in modes if len(mode) > index and mode[index].duration_s == duration_s), None)

    def is_on_grid(self, chain: Chain, spans: Sequence[Span]) -> bool:
        """Tell whether every step that does not follow at once on another starts on the grid of the problem."""
        waits = [True, *(step.max_wait_s > 0 for step in chain[:-1])]
        return all(span[0] % self._resolution_s == 0 for wait, span in zip(waits, spans, strict=True) if wait)


def is_in_mode(chain: Chain, mode_id: str) -> bool:
    """Tell whether a chain is done in a mode; which worth of its start it has is no way to do it."""
    return mode_id in (chain[0].mode_id, chain[0].mode_id.partition("@")[0])


def repetition_of(chain: Chain) -> Repetition:
    """Return the repetition that a chain is of."""
    return chain[0].request_id, chain[0].repetition_index


def chain_spans(chain: Chain, anchor: int, start_s: int, gaps_s: Mapping[int, int]) -> list[Span]:
    """Return the spans of a chain's steps where one, the anchor, starts at a time.

    Parameters
    ----------
    gaps_s
        The time between the end of each step and the start of the next, by the step's place in the chain; 0 where it
        is not given.
    """
    starts_s = {anchor: start_s}
    for index in range(anchor + 1, len(chain)):
        starts_s[index] = starts_s[index - 1] + chain[index - 1].duration_s + gaps_s.get(index - 1, 0)
    for index in range(anchor - 1, -1, -1):
        starts_s[index] = starts_s[index + 1] - gaps_s.get(index, 0) - chain[index].duration_s
    return [(starts_s[index], starts_s[index] + activity.duration_s) for index, activity in enumerate(chain)]
