"""Searches when at least a share of the Sun's disc is above the skyline of a place."""

from dataclasses import replace

import numpy as np
from malapert_astro.clearances import Bounds
from numpy.typing import NDArray

from malapert_comms_window.domain.windows import Window, WindowKind
from malapert_comms_window.geometry.conditions import (
    EDGE_TOLERANCE_S,
    Condition,
    SearchSpan,
    described,
    intervals_of,
    search,
)
from malapert_comms_window.geometry.place_views import PlaceView
from malapert_comms_window.geometry.profiles import Ends, windows_of

Floats = NDArray[np.float64]

STEP_S = 30.0
"""Step at which the share is looked at within sunlight. The Sun moves by 0.005 deg along the sky in it, much less than
its disc and the skyline's steps: what crosses a share and back in it misses it by less than 1 % of the disc."""
ROUNDING = 1e-9
"""Part of the disc that may be missing by rounding alone."""
_SUN_RADIUS_DEG = 0.2666


class SunShare:
    """Share of the Sun's disc above a skyline less a least one.

    Parameters
    ----------
    view
        The place.
    least
        The least share, above 0 to 1.
    """

    def __init__(self, view: PlaceView, least: float) -> None:
        self._view, self._least = view, least

    def __call__(self, epoch_tdb_s: Floats) -> Floats:
        """Return the value at epochs of shape (n,)."""
        return self._view.sun_fraction(self._view.sun(epoch_tdb_s)) - self._least + ROUNDING

    def bounds(self, middle_s: Floats, half_s: Floats) -> Bounds:
        """Return what no share is below or above: it says nothing of when."""
        even = np.ones(len(middle_s))
        return -self._least * even, (1.0 + ROUNDING - self._least) * even, np.zeros(len(middle_s), bool)

    def cuts(self, start_s: float, end_s: float) -> Floats:
        """Return the epochs between which the path is smooth."""
        return self._view.lit().clearance.cuts(start_s, end_s)


def search_sun_share(view: PlaceView, least: float, span: SearchSpan) -> list[Window]:
    """Return the windows of a place with at least a share of the Sun's disc, over the span."""
    share = SunShare(view, least)

    def sample(epoch_s: Floats) -> dict[str, Floats]:
        return {
            "sun_fraction": view.sun_fraction(view.sun(epoch_s)),
            "least_sun_fraction": np.full(len(epoch_s), least),
        }

    lit = intervals_of(search([view.lit()], span))
    parts = [part for start_s, end_s in lit for part in _held(share, start_s, end_s)]
    # A chord through the middle of the disc is what the share changes by with the skyline's height at most.
    error = view.horizon.elevation_error_deg * 2.0 / (np.pi * _SUN_RADIUS_DEG)
    found = described([Condition("sun_share", share, error)], np.array(parts).reshape(-1, 2), span)
    windows = windows_of(WindowKind.SUN_SHARE, Ends(view.horizon.place_id), found, span, sample)
    return [
        replace(window, window_id=f"{view.horizon.place_id}:{WindowKind.SUN_SHARE}:{least}:{number:04d}")
        for number, window in enumerate(windows)
    ]


def _held(share: SunShare, start_s: float, end_s: float) -> list[tuple[float, float]]:
    """Return when a share is held within a time in sunlight, edges to the tolerance of all windows."""
    count = max(2, int(np.ceil((end_s - start_s) / STEP_S)) + 1)
    epochs_s = np.linspace(start_s, end_s, count)
    holds = share(epochs_s) >= 0.0
    changes = np.flatnonzero(holds[1:] != holds[:-1])
    edges_s = _crossings(share, epochs_s[changes], epochs_s[changes + 1], holds[changes + 1])
    bounds = np.concatenate(([start_s] if holds[0] else [], edges_s, [end_s] if holds[-1] else []))
    pairs = bounds.reshape(-1, 2).tolist()
    return [(first_s, last_s) for first_s, last_s in pairs if last_s > first_s]


def _crossings(share: SunShare, before_s: Floats, after_s: Floats, rises: NDArray[np.bool_]) -> Floats:
    """Return where a share begins or ceases to be held, on the side on which it is."""
    low_s, high_s = before_s.copy(), after_s.copy()
    while len(low_s) and float((high_s - low_s).max()) > EDGE_TOLERANCE_S:
        middle_s = (low_s + high_s) / 2.0
        is_after = (share(middle_s) >= 0.0) == rises
        high_s, low_s = np.where(is_after, middle_s, high_s), np.where(is_after, low_s, middle_s)
    edges_s: Floats = np.where(rises, high_s, low_s)
    return edges_s
