"""Scores, ranks and their explanations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from malapert_landing_site.domain.grid import FloatArray
from malapert_landing_site.domain.site import EllipseMetrics, LanderLimits, ScorePart, SiteCriterion, SiteMetrics

_DAY_S = 86_400.0


@dataclass(frozen=True)
class _Measure:
    attribute: str
    unit: str
    more_is_better: bool


_MEASURES = {
    SiteCriterion.ILLUMINATION: _Measure("mean_sun_fraction", "", True),
    SiteCriterion.LONGEST_NIGHT: _Measure("longest_night_s", "s", False),
    SiteCriterion.EARTH_VISIBILITY: _Measure("earth_visible_fraction", "", True),
    SiteCriterion.SUN_AND_EARTH: _Measure("sun_and_earth_fraction", "", True),
    SiteCriterion.SLOPE: _Measure("slope_deg", "deg", False),
    SiteCriterion.ROUGHNESS: _Measure("roughness_m", "m", False),
    SiteCriterion.HAZARD: _Measure("hazard_fraction", "", False),
    SiteCriterion.SHADOW_DISTANCE: _Measure("shadow_distance_m", "m", False),
}


def failed_limits(metrics: SiteMetrics, limits: LanderLimits) -> tuple[str, ...]:
    """Names of the limits that a candidate breaks."""
    broken = {
        "max_slope_deg": metrics.slope_deg > limits.max_slope_deg,
        "max_hazard_fraction": metrics.hazard_fraction > limits.max_hazard_fraction,
        "min_lit_days": metrics.lit_from_landing_s < limits.min_lit_days * _DAY_S,
        "earth_visible_at_landing": limits.earth_visible_at_landing and not metrics.earth_at_landing,
    }
    return tuple(name for name, fails in broken.items() if fails)


def score_parts(
    metrics: Sequence[SiteMetrics], weights: dict[SiteCriterion, float]
) -> tuple[tuple[ScorePart, ...], ...]:
    """Parts of the score of each admitted candidate.

    A value is scaled over all candidates given, 0 the worst and 1 the best; where all are alike each has 1. A
    candidate without shadow found has the worst distance to it.
    """
    total = sum(weights.values())
    columns = []
    for criterion, weight in weights.items():
        measure = _MEASURES[criterion]
        values = np.array([getattr(m, measure.attribute) for m in metrics], dtype=np.float64)
        scaled = _scaled(_with_worst_for_none(values, criterion), measure.more_is_better)
        columns.append(
            [
                ScorePart(criterion, float(v), measure.unit, float(s), weight / total)
                for v, s in zip(values, scaled, strict=True)
            ]
        )
    return tuple(zip(*columns, strict=True))


def scaled_changes(
    candidates: Sequence[SiteMetrics], before: SiteMetrics, after: SiteMetrics, weights: dict[SiteCriterion, float]
) -> FloatArray:
    """Change (criteria,) of the scaled values between two measurements, by the scale of the candidates."""
    changes = []
    for criterion in weights:
        measure = _MEASURES[criterion]
        values = np.array([getattr(m, measure.attribute) for m in candidates], dtype=np.float64)
        span = float(values.max() - values.min())
        change = getattr(after, measure.attribute) - getattr(before, measure.attribute)
        sign = 1.0 if measure.more_is_better else -1.0
        changes.append(sign * change / span if span > 0.0 else 0.0)
    return np.array(changes)


def _with_worst_for_none(values: FloatArray, criterion: SiteCriterion) -> FloatArray:
    if criterion is not SiteCriterion.SHADOW_DISTANCE:
        return values
    return np.where(values < 0, max(float(values.max()), 0.0), values)


def _scaled(values: FloatArray, more_is_better: bool) -> FloatArray:
    low, high = float(values.min()), float(values.max())
    if high - low <= 1e-12 * max(abs(high), 1.0):
        return np.ones_like(values)
    share = (values - low) / (high - low)
    return share if more_is_better else 1.0 - share


def best_separated(score: FloatArray, xy_m: FloatArray, min_separation_m: float, count: int) -> list[int]:
    """Indices of the best scores, best first, each at least `min_separation_m` from those before it."""
    chosen: list[int] = []
    for index in np.argsort(-score, kind="stable"):
        distance_m = np.hypot(*(xy_m[chosen] - xy_m[index]).T) if chosen else np.array([np.inf])
        if distance_m.min() >= min_separation_m:
            chosen.append(int(index))
        if len(chosen) == count:
            break
    return chosen


def explanation(rank: int, parts: Sequence[ScorePart], metrics: SiteMetrics, admitted_count: int) -> str:
    """Say in a sentence or two why a site ranks where it does."""
    ordered = sorted(parts, key=lambda part: -part.contribution)
    strongest = ordered[0]
    weakest = max(ordered[1:] or ordered, key=lambda part: part.weight - part.contribution)
    shadow = (
        f"ground without light lies {metrics.shadow_distance_m:.0f} m away"
        if metrics.shadow_distance_m >= 0
        else "no ground without light was found in the region"
    )
    lost = weakest.weight - weakest.contribution
    against = f"; most is lost on {_named(weakest)} (-{lost:.2f})" if lost > 0.005 else ""
    hazard = 100 * metrics.hazard_fraction
    sun, earth = 100 * metrics.mean_sun_fraction, 100 * metrics.earth_visible_fraction
    return (
        f"Rank {rank} of {admitted_count} admitted: most of its score comes from {_named(strongest)} "
        f"(+{strongest.contribution:.2f}){against}. The Sun shows {sun:.0f} % of its disc "
        f"on average, the longest night is {metrics.longest_night_s / 3600:.0f} h, light lasts "
        f"{metrics.lit_from_landing_s / _DAY_S:.1f} days from landing; the Earth is up {earth:.0f} % of the span; "
        f"slope {metrics.slope_deg:.1f}°, hazards in {hazard:.0f} % of the landing circle; {shadow}."
    )


def of_ellipse(ellipse: EllipseMetrics) -> str:
    """Say in a sentence what holds over a site's landing ellipse."""
    sun, night, earth = ellipse.mean_sun_fraction, ellipse.longest_night_s, ellipse.earth_visible_fraction
    return (
        f"Over its landing ellipse the Sun shows {100 * sun.mean:.0f} % of its disc in the mean and "
        f"{100 * sun.worst:.0f} % at the worst, nights last up to {night.worst / 3600:.0f} h, the Earth is up at least "
        f"{100 * earth.worst:.0f} % of the span, and slopes reach {ellipse.slope_deg.worst:.1f}°."
    )


def _named(part: ScorePart) -> str:
    return part.criterion.value.replace("_", " ")
