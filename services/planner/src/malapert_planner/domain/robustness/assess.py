"""Assessment of a schedule's robustness: in how many draws it keeps every rule, and where it breaks in the others."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.robustness.policy import MarginPolicy
from malapert_planner.domain.robustness.replays import Replay, Replays
from malapert_planner.domain.robustness.report import MOST_ITEMS, RobustnessReport, RuleBreaks, WeakItem
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.domain.validation.report import Violation

MOST_DRAWS = 10_000
_TWO_SIDED_95 = 1.959964
"""Quantile of the normal distribution, for an interval of 95 %."""


@dataclass
class _Breaks:
    """What broke so far of one rule, or of one item by one rule."""

    broken: Counter[str] = field(default_factory=Counter)
    first: Counter[str] = field(default_factory=Counter)
    worst: dict[str, Violation] = field(default_factory=dict)

    def count(self, named: list[tuple[str, Violation]]) -> None:
        """Count what broke in one draw, by time."""
        self.broken.update({name for name, _ in named})
        self.first.update(name for name, _ in named[:1])
        for name, violation in named:
            if name not in self.worst or violation.amount > self.worst[name].amount:
                self.worst[name] = violation


def assess(
    problem: PlanningProblem,
    schedule: Schedule,
    policy: MarginPolicy,
    *,
    seed: int = 1,
    draws: int = 1000,
    on_progress: Callable[[int], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> RobustnessReport:
    """Replay a schedule under so many draws of a policy.

    Parameters
    ----------
    on_progress
        Told how many draws are replayed.
    stopped
        Asked before each draw; where it says yes the report is of the draws before it.
    """
    replays, done = Replays(problem, schedule, policy, seed), list[Replay]()
    for number in range(draws):
        if stopped():
            break
        done.append(replays.replay(number))
        if on_progress is not None:
            on_progress(number + 1)
    return _report(problem, policy, seed, done, replays.planned)


def _report(
    problem: PlanningProblem, policy: MarginPolicy, seed: int, done: list[Replay], planned: dict[str, int]
) -> RobustnessReport:
    rules, items, firsts_s, kept = _Breaks(), _Breaks(), list[int](), 0
    pairs: dict[str, tuple[str, str]] = {}
    for replay in done:
        kept += not replay.violations
        firsts_s += [violation.span[0] for violation in replay.violations[:1]]
        rules.count([(violation.rule_id, violation) for violation in replay.violations])
        named = [(f"{_item(violation)} {violation.rule_id}", violation) for violation in replay.violations]
        pairs.update((name, (_item(violation), violation.rule_id)) for name, violation in named)
        items.count(named)
    share = kept / len(done) if done else 0.0
    low, high = _wilson(kept, len(done))
    left_wh = [replay.charge_left_wh for replay in done]
    return RobustnessReport(
        seed=seed,
        draws=len(done),
        kept=kept,
        share=share,
        lowest_share=low,
        highest_share=high,
        is_robust=bool(done) and share >= policy.required_share,
        first_break_s=int(np.median(firsts_s)) if firsts_s else None,
        charge_left_wh=None if problem.is_placeless or not left_wh else float(np.quantile(left_wh, 0.05)),
        rules=tuple(
            RuleBreaks(name, rules.broken[name], rules.first[name], rules.worst[name].amount, rules.worst[name].unit)
            for name in _by_weight(rules)
        ),
        items=tuple(
            WeakItem(
                *pairs[name],
                items.broken[name],
                items.first[name],
                items.worst[name].amount,
                items.worst[name].unit,
                planned.get(pairs[name][0]),
            )
            for name in _by_weight(items)[:MOST_ITEMS]
        ),
    )


def _item(violation: Violation) -> str:
    return violation.object_ids[0] if violation.object_ids else ""


def _by_weight(breaks: _Breaks) -> list[str]:
    """Return the names of what broke, most often first before most often at all."""
    return sorted(breaks.broken, key=lambda name: (-breaks.first[name], -breaks.broken[name], name))


def _wilson(kept: int, draws: int) -> tuple[float, float]:
    """Return Wilson's interval about a share (E. B. Wilson, J. Am. Stat. Assoc. 22, 1927)."""
    if not draws:
        return 0.0, 1.0
    share, square = kept / draws, _TWO_SIDED_95**2 / draws
    middle = (share + square / 2) / (1 + square)
    half = _TWO_SIDED_95 / (1 + square) * math.sqrt(share * (1 - share) / draws + square / (4 * draws))
    return max(0.0, middle - half), min(1.0, middle + half)
