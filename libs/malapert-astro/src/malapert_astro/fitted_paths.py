"""Apparent vectors over a span, fitted once and then evaluated at any number of instants.

A vector is interpolated by Chebyshev polynomials of degree 12 over intervals of 8 hours or less, through its values at
the Chebyshev nodes. For a term of angular rate ω and amplitude A, half an interval being h, the coefficients are
2 A Jₙ(ω h), so what is left out is about 2 A (ω h / 2)¹³ / 13!: 3e-8 km for the Moon in axes that turn with the Earth
(A = 4e5 km, one turn a day), that is 1e-11 degrees. Rounding and the joints of the kernels' records weigh more:
fits agree with the ephemeris within 3e-9 degrees and 3 mm.

Where one Earth orientation file follows another, an interval ends, so that no fit goes across the jump; only for the
light time after it, 1.3 s, a station seen from the Moon is already that of the next file.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from malapert_astro.chebyshev import ChebyshevSeries
from malapert_astro.ephemeris import Ephemeris
from malapert_astro.times import tdb_from_utc

Floats = NDArray[np.float64]

_LONGEST_INTERVAL_S = 28_800.0
_NODES = 13


@dataclass(frozen=True)
class FittedPath:
    """An apparent vector over a span; its length is the light path."""

    series: ChebyshevSeries

    def vector_km(self, utc_s: ArrayLike) -> Floats:
        """Return the vector at Unix seconds UTC, km, shape (3, ...)."""
        return self.series.evaluate(tdb_from_utc(utc_s))

    def range_and_rate(self, utc_s: ArrayLike) -> tuple[Floats, Floats, Floats]:
        """Return the vector (km, shape (3, ...)), its length (km) and length rate by the receiver's clock (km/s)."""
        vector_km, rate_km_s = self.series.evaluate_with_rate(tdb_from_utc(utc_s))
        range_km = np.sqrt(np.sum(vector_km**2, axis=0))
        return vector_km, range_km, np.sum(vector_km * rate_km_s, axis=0) / range_km


class SpanPaths:
    """Fits the paths of one span; the bodies are evaluated once for all of them.

    Parameters
    ----------
    ephemeris
        Gives the vectors.
    start_utc_s, end_utc_s
        The span, Unix seconds UTC.

    Raises
    ------
    EphemerisSpanError
        If the kernels do not cover the span; from the methods.
    ValueError
        If the span is empty.
    """

    def __init__(self, ephemeris: Ephemeris, start_utc_s: float, end_utc_s: float) -> None:
        if not end_utc_s > start_utc_s:
            raise ValueError(f"the span ends at {end_utc_s}, not after its start {start_utc_s}")
        start_s, end_s = (float(edge) for edge in tdb_from_utc([start_utc_s, end_utc_s]))
        seam_s = next((seam for seam in ephemeris.earth_orientation_seams_tdb_s if start_s < seam < end_s), None)
        self._start_s, self._interval_s, self._count = _intervals(start_s, end_s, seam_s)
        middles = self._start_s + self._interval_s * (np.arange(self._count) + 0.5)
        nodes = middles[:, np.newaxis] + 0.5 * self._interval_s * np.cos(_NODE_ANGLES)
        self._moments = ephemeris.at(nodes.ravel())

    def sun(self, site_moon_me_km: Floats) -> FittedPath:
        """Return the Sun from a lunar site, in MOON_ME axes."""
        return self._fit(self._moments.sun_km(site_moon_me_km))

    def earth(self, site_moon_me_km: Floats) -> FittedPath:
        """Return the Earth's centre from a lunar site, in MOON_ME axes."""
        return self._fit(self._moments.earth_km(site_moon_me_km))

    def station(self, site_moon_me_km: Floats, station_itrf_km: Floats) -> FittedPath:
        """Return a ground station from a lunar site, in MOON_ME axes."""
        return self._fit(self._moments.station_km(site_moon_me_km, station_itrf_km))

    def site(self, station_itrf_km: Floats, site_moon_me_km: Floats) -> FittedPath:
        """Return a lunar site from a ground station, in ITRF93 axes."""
        return self._fit(self._moments.site_km(station_itrf_km, site_moon_me_km))

    def _fit(self, vector_km: Floats) -> FittedPath:
        values = vector_km.reshape(3, self._count, _NODES)
        coefficients = np.einsum("kn,crn->kcr", _COEFFICIENTS_OF_VALUES, values, optimize=True)
        return FittedPath(ChebyshevSeries(self._start_s, self._interval_s, np.ascontiguousarray(coefficients)))


def _intervals(start_s: float, end_s: float, seam_s: float | None) -> tuple[float, float, int]:
    """Return start, length and number of equal intervals that cover a span; a seam in it is between two of them."""
    if seam_s is None:
        count = int(np.ceil((end_s - start_s) / _LONGEST_INTERVAL_S))
        return start_s, (end_s - start_s) / count, count
    before, after = (int(np.ceil(part_s / _LONGEST_INTERVAL_S)) for part_s in (seam_s - start_s, end_s - seam_s))
    return seam_s - before * _LONGEST_INTERVAL_S, _LONGEST_INTERVAL_S, before + after


_NODE_ANGLES = (np.arange(_NODES) + 0.5) * (np.pi / _NODES)
# Discrete orthogonality at the nodes: cₖ = (2 − δₖ₀)/N · Σ f(cos θⱼ) cos k θⱼ.
_COEFFICIENTS_OF_VALUES = np.cos(np.outer(np.arange(_NODES), _NODE_ANGLES)) * (2.0 / _NODES)
_COEFFICIENTS_OF_VALUES[0] *= 0.5
