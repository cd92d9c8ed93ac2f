"""Compiled inner loops of skylines: heights at azimuths, and how much of a disc shows above them."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_compiled = njit(cache=True, nogil=True, error_model="numpy")


@_compiled
def heights(skyline_deg: Floats, azimuth_deg: Floats) -> Floats:
    """Return the skyline's elevation at azimuths, shape (n,)."""
    out = np.empty(azimuth_deg.size)
    for j in range(azimuth_deg.size):
        out[j] = _height(skyline_deg, azimuth_deg[j])
    return out


@_compiled
def disc_fractions(
    skylines_deg: Floats, azimuth_deg: Floats, elevation_deg: Floats, radius_deg: Floats, cosine: Floats, sine: Floats
) -> Floats:
    """Return the share of the disc in its vertical chords (cosine, sine) above each skyline, shape (p, n)."""
    out = np.empty(azimuth_deg.shape)
    points, epochs = azimuth_deg.shape
    for p in range(points):
        for j in range(epochs):
            scale = radius_deg[p, j] / np.cos(np.radians(elevation_deg[p, j]))
            shown = 0.0
            for k in range(cosine.size):
                height = _height(skylines_deg[p], azimuth_deg[p, j] + scale * cosine[k])
                chord = (elevation_deg[p, j] - height) / radius_deg[p, j] + sine[k]
                shown += min(max(chord, 0.0), 2.0 * sine[k]) * sine[k]
            out[p, j] = shown / cosine.size
    return out


@_compiled
def _height(skyline_deg: Floats, azimuth_deg: float) -> float:
    count = skyline_deg.size
    position = azimuth_deg * (count / 360.0)
    position -= np.floor(position / count) * count
    before = int(position)
    share = position - before
    if before >= count:  # rounding can put an azimuth a hair below north on the closing step
        before -= count
    after = before + 1 if before + 1 < count else 0
    return float(skyline_deg[before] + (skyline_deg[after] - skyline_deg[before]) * share)
