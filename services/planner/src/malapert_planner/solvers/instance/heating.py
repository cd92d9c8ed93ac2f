"""Heaters: for how long they are on in each cell, at a place or on a drive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from malapert_planner.domain.problem.spans import Span, union

Seconds = NDArray[np.float64]


@dataclass(frozen=True)
class Heating:
    """When heaters keep the asset warm, by place."""

    heated: dict[str, tuple[Span, ...]]
    _sums: dict[tuple[str, str], tuple[Seconds, Seconds]] = field(default_factory=dict, compare=False)

    def between_s(self, ends: tuple[str, str], edges_s: Sequence[int] | NDArray[np.int64]) -> Seconds:
        """Return for how long heaters are on in each cell between edges; on a drive where they are at either end."""
        if ends not in self._sums:
            spans = union(span for place_id in set(ends) for span in self.heated.get(place_id, ()))
            knots = np.array([0, *(edge for span in spans for edge in span)], dtype=np.float64)
            steps = np.diff(knots)
            steps[::2] = 0.0
            self._sums[ends] = knots, np.concatenate([[0.0], np.cumsum(steps)])
        knots, sums = self._sums[ends]
        return np.diff(np.interp(np.asarray(edges_s, dtype=np.float64), knots, sums))
