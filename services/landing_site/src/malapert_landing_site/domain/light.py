"""Statistics of a place's time series of sunlight and Earth visibility."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from malapert_landing_site.domain.grid import FloatArray


@dataclass(frozen=True)
class LightSeries:
    """Light at places over evenly spaced epochs.

    Attributes
    ----------
    utc_s : float64 (epochs,)
        Middles of the steps, Unix seconds.
    step_s : float
        Length of a step, seconds.
    sun_fraction : float32 (places, epochs)
        Visible fraction of the solar disc.
    earth_visible : bool (places, epochs)
        Whether the Earth's centre is above the skyline.
    """

    utc_s: FloatArray
    step_s: float
    sun_fraction: NDArray[np.float32]
    earth_visible: NDArray[np.bool_]


@dataclass(frozen=True)
class Directions:
    """Where Sun and Earth stand over places at the epochs of a series, degrees, float32 (places, epochs).

    Azimuths are clockwise from true north, elevations over the local horizontal, of centres, whatever the skyline.
    """

    sun_azimuth_deg: NDArray[np.float32]
    sun_elevation_deg: NDArray[np.float32]
    earth_azimuth_deg: NDArray[np.float32]
    earth_elevation_deg: NDArray[np.float32]


@dataclass(frozen=True)
class LightSummary:
    """Summaries of light, one value a place; durations in seconds."""

    mean_sun_fraction: FloatArray
    lit_fraction: FloatArray
    longest_night_s: FloatArray
    longest_lit_s: FloatArray
    lit_from_landing_s: FloatArray
    earth_visible_fraction: FloatArray
    sun_and_earth_fraction: FloatArray
    earth_at_landing: NDArray[np.bool_]


def steps(start_s: float, end_s: float, step_s: float) -> tuple[FloatArray, float]:
    """Middles of equal steps of at most `step_s` over a span, and the length of a step, seconds."""
    count = max(1, int(np.ceil((end_s - start_s) / step_s - 1e-9)))
    length_s = (end_s - start_s) / count
    return np.asarray(start_s + length_s * (np.arange(count) + 0.5), dtype=np.float64), length_s


def longest_runs(condition: NDArray[np.bool_]) -> FloatArray:
    """Length of the longest run of true values along the last axis."""
    longest = np.zeros(condition.shape[0], dtype=np.int64)
    current = np.zeros(condition.shape[0], dtype=np.int64)
    for column in condition.T:
        current = (current + 1) * column
        np.maximum(longest, current, out=longest)
    return longest.astype(np.float64)


def runs_from(condition: NDArray[np.bool_], first: int) -> FloatArray:
    """Length of the run of true values that begins at column `first`."""
    after = condition[:, first:]
    ended = ~after.all(axis=1)
    return np.asarray(np.where(ended, np.argmin(after, axis=1), after.shape[1]), dtype=np.float64)


def summarise(series: LightSeries, landing_utc_s: float) -> LightSummary:
    """Summarise light over the span and from the landing on."""
    lit = series.sun_fraction > 0.0
    landing = int(np.clip((landing_utc_s - series.utc_s[0]) / series.step_s + 0.5, 0, len(series.utc_s) - 1))
    earth = series.earth_visible
    return LightSummary(
        mean_sun_fraction=series.sun_fraction.mean(axis=1, dtype=np.float64),
        lit_fraction=lit.mean(axis=1),
        longest_night_s=longest_runs(~lit) * series.step_s,
        longest_lit_s=longest_runs(lit) * series.step_s,
        lit_from_landing_s=runs_from(lit, landing) * series.step_s,
        earth_visible_fraction=earth.mean(axis=1),
        sun_and_earth_fraction=(lit & earth).mean(axis=1),
        earth_at_landing=earth[:, landing],
    )
