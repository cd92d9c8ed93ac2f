"""Levels at the edges of cells: cumulative sums under a wall."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from malapert_planner.domain.problem.spans import Span
from malapert_planner.solvers.instance.scope import Cells

Levels = NDArray[np.float64]

WALL_TOLERANCE = 1e-6
"""Rounding of sums over all cells, in the unit of the level."""
UNATTAINABLE = 1000.0
"""Distance beyond the wall that is asked where nothing suffices: Wh or bits, far above any tolerance."""


def spread(levels: Levels, cells: Cells, span: Span, per_second: float) -> None:
    """Add a constant rate over a span to the cells that it touches."""
    touched, edges = cells.touched(span), cells.edges_s
    if not len(touched):
        return
    first, last = touched[0], touched[-1]
    if first == last:
        levels[first] += (min(span[1], edges[first + 1]) - max(span[0], edges[first])) * per_second
        return
    levels[first] += (edges[first + 1] - max(span[0], edges[first])) * per_second
    levels[last] += (min(span[1], edges[last + 1]) - edges[last]) * per_second
    if last - first > 1:
        widths = cells.width_s or np.diff(edges[first + 1 : last + 1])
        levels[first + 1 : last] += widths * per_second


def reflected(*, supplied: Levels, drawn: Levels, start: float, wall: float) -> Levels:
    """Return the level at each edge under a wall, L' = min(L + supplied, wall) − drawn, by cumulative sums.

    With S the unbounded sums, L[n] = S[n] + min(L[0], min over k ≤ n of (wall − drawn[k − 1] − S[k])).
    """
    sums = np.concatenate([[0.0], np.cumsum(supplied - drawn)])
    caps = np.concatenate([[min(start, wall)], wall - drawn - sums[1:]])
    return np.asarray(sums + np.minimum.accumulate(caps))


def demanded(least: Levels, lost: Levels, end: float, *, wall: float) -> Levels:
    """Return the level at each edge that suffices: need = max(least, need' + lost), from the end backwards.

    Where an edge needs more than the wall lets there be, nothing before it suffices, whatever is supplied there: each
    such edge demands clearly more than the wall.
    """
    sums = np.concatenate([[0.0], np.cumsum(lost)])
    demands = np.concatenate([least, [end]]) + sums
    needs = np.asarray(np.maximum.accumulate(demands[::-1])[::-1] - sums)
    beyond = np.flatnonzero(needs > wall + WALL_TOLERANCE)
    if len(beyond):
        needs[: beyond[-1] + 1] = wall + UNATTAINABLE
    return needs
