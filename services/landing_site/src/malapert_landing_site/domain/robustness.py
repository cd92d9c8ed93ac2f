"""Robustness of a ranking against other weights and other heights: Monte Carlo over both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from malapert_landing_site.domain.grid import FloatArray
from malapert_landing_site.domain.site import RankRobustness, ScorePart

WEIGHT_CONCENTRATION = 30.0
"""Concentration of the Dirichlet distribution about the given weights from which weights are drawn: a weight of 0.3
varies by 0.08 (one standard deviation)."""


def rank_robustness(
    scaled: FloatArray, light_error: FloatArray, ground_error: FloatArray, weights: FloatArray, samples: int, seed: int
) -> tuple[RankRobustness, ...]:
    """Return the robustness of each site's rank.

    Parameters
    ----------
    scaled : float64 (sites, criteria)
        Values scaled to 0, the worst of all candidates, to 1, the best.
    light_error, ground_error : float64 (sites, criteria)
        Change of the scaled values by one standard deviation of the skyline's height and of the heights at the site.
        One draw of each moves all criteria of a site together; sites are drawn apart.
    weights : float64 (criteria,)
        Weights above or at 0, of any sum.
    samples, seed : int
        Number of draws, and what makes them repeatable.
    """
    rng = np.random.default_rng(seed)
    sites, criteria = scaled.shape
    drawn = np.zeros((samples, criteria))
    positive = weights > 0.0
    drawn[:, positive] = rng.dirichlet(WEIGHT_CONCENTRATION * weights[positive] / weights.sum(), samples)
    light, ground = rng.standard_normal((2, samples, sites, 1))
    values = scaled + light * light_error + ground * ground_error
    score = np.einsum("snc,sc->sn", values, drawn)
    rank = np.argsort(np.argsort(-score, axis=1, kind="stable"), axis=1) + 1
    return tuple(RankRobustness(float((r == 1).mean()), float((r <= 3).mean()), float(r.mean())) for r in rank.T)


def pareto_front(scaled: FloatArray) -> NDArray[np.bool_]:
    """Mark the candidates (rows) that no other equals or beats in every criterion (columns) and beats in one."""
    front = np.ones(len(scaled), dtype=np.bool_)
    for n, value in enumerate(scaled):
        at_least, better = (scaled >= value).all(axis=1), (scaled > value).any(axis=1)
        front[n] = not (at_least & better).any()
    return front


def scaled_values(parts: Sequence[Sequence[ScorePart]]) -> FloatArray:
    """Scaled values (candidates, criteria) of parts of scores."""
    return np.array([[part.normalised for part in each] for each in parts], dtype=np.float64)
