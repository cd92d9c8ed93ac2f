"""Orbiters: states against the centre of the body they go around, in J2000 axes.

Three kinds: segments (of an OEM, or an SPK of types 2, 3, 9 and 13), mean elements with the secular effect of J2, and
two-line elements (`malapert_astro.two_line_elements`).
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from malapert_astro.errors import EphemerisSpanError
from malapert_astro.points import Body
from malapert_astro.state_tables import Interpolation
from malapert_astro.times import utc_datetime, utc_from_tdb

__all__ = [
    "Interpolation",
    "KeplerianElements",
    "KeplerianOrbit",
    "Orbit",
]

Floats = NDArray[np.float64]

GRAVITY_KM3_S2 = {Body.EARTH: 398_600.4418, Body.MOON: 4_902.800_118}
"""GM: IERS Conventions 2010 for the Earth; GRGM660PRIM (Lemoine et al. 2013) for the Moon."""
RADIUS_KM = {Body.EARTH: 6_378.137, Body.MOON: 1_738.0}
"""Reference radii of the J2 values."""
J2 = {Body.EARTH: 1.082_635_9e-3, Body.MOON: 2.033_0e-4}
"""Unnormalised J2: IERS Conventions 2010; GRAIL (Zuber et al. 2013), rounded."""

LONGEST_ELEMENTS_AGE_S = 90 * 86_400.0
"""Longest time from their epoch, seconds, for which mean elements are used: beyond, neglected perturbations turn the
orbit away."""
ROUNDING_S = 2e-6
"""Tolerance of times, seconds: times of day are given in microseconds."""
_MOST_SPANS = 20
_SHORTEST_PART_S = 0.01
_KEPLER_STEPS = 30


class Orbit(ABC):
    """The motion of an orbiter; two are the same only where they are the same object.

    Parameters
    ----------
    center
        The body that it goes around.
    """

    passed_over: tuple[str, ...] = ()
    """Contents of the orbit's file that are not used."""

    def __init__(self, center: Body) -> None:
        self.center = center

    def state_km(self, epoch_tdb_s: Floats) -> tuple[Floats, Floats]:
        """Return positions (km) and velocities (km/s) from the centre, J2000, each of shape (3, n).

        Raises
        ------
        EphemerisSpanError
            If an epoch, TDB seconds past J2000, is outside what the orbit is given for; nothing is extrapolated.
        """
        epoch = np.asarray(epoch_tdb_s, dtype=np.float64)
        covered = np.zeros(epoch.shape, dtype=np.bool_)
        for first, last in self.spans_tdb_s:
            covered |= (epoch >= first - ROUNDING_S) & (epoch <= last + ROUNDING_S)
        if not covered.all():
            missing = _time_label(float(epoch[~covered][0]))
            raise EphemerisSpanError(f"the orbit has no state at {missing}; it has {self.spans_text()}")
        return self._state_km(epoch)

    @abstractmethod
    def _state_km(self, epoch_tdb_s: Floats) -> tuple[Floats, Floats]:
        """Return positions and velocities at epochs that the orbit is given for."""

    @property
    @abstractmethod
    def longest_piece_s(self) -> float:
        """Longest piece over which paths to the orbiter may be fitted, seconds."""

    @property
    @abstractmethod
    def spans_tdb_s(self) -> tuple[tuple[float, float], ...]:
        """The spans that the orbit is given for, TDB seconds past J2000, in order."""

    @property
    def seams_tdb_s(self) -> tuple[float, ...]:
        """Epochs at which the motion may break, such as at a manoeuvre, in order."""
        return ()

    def covered_within(self, start_tdb_s: float, end_tdb_s: float, before_s: float) -> list[tuple[float, float]]:
        """Return the parts of an interval in which the orbit has states, and had them a time before."""
        parts = [
            (max(first + before_s, start_tdb_s), min(last, end_tdb_s))
            for first, last in self.spans_tdb_s
            if first < end_tdb_s and last > start_tdb_s
        ]
        return [(first, last) for first, last in parts if last - first > _SHORTEST_PART_S]

    def spans_text(self) -> str:
        """Return the spans in words, in UTC; the first of them where there are many."""
        spans = self.spans_tdb_s
        words = " and ".join(f"{_time_label(first)} to {_time_label(last)}" for first, last in spans[:_MOST_SPANS])
        return words + (f" and {len(spans) - _MOST_SPANS} more spans" if len(spans) > _MOST_SPANS else "")

    def covers(self, start_tdb_s: float, end_tdb_s: float) -> bool:
        """Return whether one span holds all of an interval."""
        return any(first <= start_tdb_s and end_tdb_s <= last for first, last in self.spans_tdb_s)


@dataclass(frozen=True)
class KeplerianElements:
    """Mean elements at an epoch; angles are in degrees and refer to the given axes."""

    epoch_tdb_s: float
    semi_major_axis_km: float
    eccentricity: float
    inclination_deg: float
    ascending_node_deg: float
    argument_of_pericenter_deg: float
    mean_anomaly_deg: float


class KeplerianOrbit(Orbit):
    """Mean elements with central gravity and the secular rates of J2: a survey of geometry, not an ephemeris.

    Parameters
    ----------
    center
        Earth or Moon.
    elements
        Mean elements at their epoch.
    axes
        Rotation from J2000 to the axes of the elements, shape (3, 3): the equator of the body.

    Notes
    -----
    Node, pericentre and mean anomaly drift at the rates of first order in J2 (Kaula, Theory of Satellite Geodesy,
    1966, eq. 3.74). Short periods, higher harmonics, the other bodies and the Sun's pressure are left out: over days a
    high lunar orbit may be wrong by hundreds of kilometres.
    """

    def __init__(self, center: Body, elements: KeplerianElements, axes: Floats) -> None:
        super().__init__(center)
        self.elements = elements
        self._axes = axes
        a, e = elements.semi_major_axis_km, elements.eccentricity
        self.mean_motion_rad_s = float(np.sqrt(GRAVITY_KM3_S2[center] / a**3))
        cos_i = np.cos(np.radians(elements.inclination_deg))
        drift = 1.5 * J2[center] * (RADIUS_KM[center] / (a * (1.0 - e * e))) ** 2 * self.mean_motion_rad_s
        self._node_rate = -drift * cos_i
        self._pericenter_rate = drift * (2.5 * cos_i**2 - 0.5)
        self._anomaly_rate = self.mean_motion_rad_s + drift * np.sqrt(1.0 - e * e) * (1.5 * cos_i**2 - 0.5)

    @property
    def spans_tdb_s(self) -> tuple[tuple[float, float], ...]:
        """90 days to both sides of the epoch."""
        epoch_s = self.elements.epoch_tdb_s
        return ((epoch_s - LONGEST_ELEMENTS_AGE_S, epoch_s + LONGEST_ELEMENTS_AGE_S),)

    @property
    def longest_piece_s(self) -> float:
        """The time of one turn at the rate of the pericentre."""
        e = self.elements.eccentricity
        return 2.0 * np.pi / (self.mean_motion_rad_s * float(np.sqrt(1.0 + e) / (1.0 - e) ** 1.5))

    def _state_km(self, epoch_tdb_s: Floats) -> tuple[Floats, Floats]:
        elements = self.elements
        a, e = elements.semi_major_axis_km, elements.eccentricity
        since_s = epoch_tdb_s - elements.epoch_tdb_s
        anomaly = _eccentric_anomaly(np.radians(elements.mean_anomaly_deg) + self._anomaly_rate * since_s, e)
        shape = np.sqrt(1.0 - e * e)
        along, across = a * (np.cos(anomaly) - e), a * shape * np.sin(anomaly)
        rate = a * self._anomaly_rate / (1.0 - e * np.cos(anomaly))
        along_rate, across_rate = -rate * np.sin(anomaly), rate * shape * np.cos(anomaly)
        node = np.radians(elements.ascending_node_deg) + self._node_rate * since_s
        turn = np.radians(elements.argument_of_pericenter_deg) + self._pericenter_rate * since_s
        first, second = _orbit_axes(node, np.radians(elements.inclination_deg), turn)
        position = along * first + across * second
        # The drift of node and pericentre turns the axes: the velocity is the derivative of the position, all of it.
        velocity = (along_rate - across * self._pericenter_rate) * first
        velocity += (across_rate + along * self._pericenter_rate) * second
        velocity += self._node_rate * np.stack((-position[1], position[0], np.zeros_like(position[2])))
        return self._axes.T @ position, self._axes.T @ velocity


def _eccentric_anomaly(mean_anomaly: Floats, eccentricity: float) -> Floats:
    """Solve Kepler's equation by Newton's steps from a start that always converges (Danby 1987)."""
    mean = np.mod(mean_anomaly + np.pi, 2.0 * np.pi) - np.pi
    anomaly = mean + 0.85 * eccentricity * np.sign(np.sin(mean))
    for _ in range(_KEPLER_STEPS):
        step = (anomaly - eccentricity * np.sin(anomaly) - mean) / (1.0 - eccentricity * np.cos(anomaly))
        anomaly = anomaly - step
        if not np.any(np.abs(step) > 1e-14):
            break
    return np.asarray(anomaly)


def _orbit_axes(node: Floats, inclination: float, turn: Floats) -> tuple[Floats, Floats]:
    cos_n, sin_n, cos_t, sin_t = np.cos(node), np.sin(node), np.cos(turn), np.sin(turn)
    cos_i, sin_i = np.cos(inclination), np.sin(inclination)
    first = np.stack((cos_n * cos_t - sin_n * sin_t * cos_i, sin_n * cos_t + cos_n * sin_t * cos_i, sin_t * sin_i))
    second = np.stack((-cos_n * sin_t - sin_n * cos_t * cos_i, -sin_n * sin_t + cos_n * cos_t * cos_i, cos_t * sin_i))
    return first, second


def _time_label(epoch_tdb_s: float) -> str:
    try:
        return f"{utc_datetime(float(utc_from_tdb(epoch_tdb_s))).replace(tzinfo=None).isoformat()} UTC"
    except (ValueError, OverflowError):
        return f"{epoch_tdb_s} s TDB past J2000"
