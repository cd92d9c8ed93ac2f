"""Repetitions of a request placed anew together, so that as many as can be follow each other at their period."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from malapert_planner.domain.problem.activities import Repetition
from malapert_planner.solvers.construct.greedy_insertion import (
    chain_length_s,
    may_be_added,
    open_starts,
    placed_at,
    with_placed,
)
from malapert_planner.solvers.construct.mode_swaps import easiest
from malapert_planner.solvers.instance.compiled import Chain
from malapert_planner.solvers.state.incumbent import Incumbent

Mask = NDArray[np.bool_]


def broken_series(incumbent: Incumbent) -> list[Repetition]:
    """Return the repetitions that are neither whole nor tied to other requests."""
    problem, planned, satisfied = incumbent.instance.problem, incumbent.chains, incumbent.satisfied
    tied = {r for relation in problem.relations for r in (relation.request_id, relation.other_request_id)}
    broken = []
    for repetition in problem.repetitions:
        chains = incumbent.instance.request_chains.get(repetition.request_id, ())
        frozen = any(c.index in planned and planned[c.index].span[0] < incumbent.instance.open_from_s for c in chains)
        movable = not frozen and repetition.request_id not in tied and not any(chain.mandatory for chain in chains)
        if movable and any(chain.index not in satisfied and chain.starts for chain in chains):
            broken.append(repetition)
    return broken


def series_anew(incumbent: Incumbent, repetition: Repetition) -> Incumbent:
    """Return the schedule with a request's repetitions placed anew, as many in a row as fit, each as early as can be.

    R_n, where repetition n may start so that all later ones can follow, is found from the last one backwards. Each is
    placed in its easiest mode.
    """
    instance, grid = incumbent.instance, incumbent.instance.problem.resolution_s
    chains = [easiest(modes)[0] for modes in instance.repetitions[repetition.request_id]]
    own = {a.activity_id for chain in instance.request_chains[repetition.request_id] for a in chain.activities}
    kept = tuple(a for a in incumbent.schedule.activities if a.activity_id not in own)
    bare = replace(incumbent, schedule=replace(incumbent.schedule, activities=kept))
    # None overlaps the one before, whatever the period says.
    least_s = max(repetition.period_s - repetition.tolerance_s, *map(chain_length_s, chains))
    reach = (
        -(-least_s // grid),
        (repetition.period_s + repetition.tolerance_s) // grid,
    )
    opened = [open_starts(bare, chain, heed_storage=True) for chain in chains]
    opened[0][: -(-instance.open_from_s // grid)] = False
    for length in range(len(chains), 0, -1):
        follows = [opened[length - 1]]
        for mask in reversed(opened[: length - 1]):
            follows.insert(0, mask & _within_reach(follows[0], reach))
        if follows[0].any():
            return _placed(bare, chains, follows, reach)
    return bare


def _within_reach(mask: Mask, reach: tuple[int, int]) -> Mask:
    """Return the cells from which some cell of a mask lies so far ahead."""
    sums, count = np.concatenate([[0], np.cumsum(mask)]), len(mask)
    first = np.minimum(np.arange(count) + reach[0], count)
    last = np.minimum(np.arange(count) + reach[1] + 1, count)
    return np.asarray(sums[last] > sums[first])


def _placed(bare: Incumbent, chains: list[Chain], follows: list[Mask], reach: tuple[int, int]) -> Incumbent:
    grid, schedule, since = bare.instance.problem.resolution_s, bare, (0, len(follows[0]))
    for chain, mask in zip(chains, follows, strict=False):
        cells = np.flatnonzero(mask[since[0] : since[1] + 1])
        if not len(cells) or not may_be_added(schedule, chain):
            break
        cell = since[0] + int(cells[0])
        found = with_placed(schedule, chain, placed_at(schedule, chain, cell * grid))
        if found is None:
            break
        schedule, since = found, (cell + reach[0], cell + reach[1])
    return schedule
