"""Orbiters: states against the centre of the body they go around, in J2000 axes.

Three kinds: a table of states (an OEM, or an SPK of types 9 and 13), mean elements with the secular effect of J2, and
two-line elements (`malapert_astro.two_line_elements`).
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from malapert_astro.errors import EphemerisSpanError
from malapert_astro.points import Body

Floats = NDArray[np.float64]

GRAVITY_KM3_S2 = {Body.EARTH: 398_600.4418, Body.MOON: 4_902.800_118}
"""GM: IERS Conventions 2010 for the Earth; GRGM660PRIM (Lemoine et al. 2013) for the Moon."""
RADIUS_KM = {Body.EARTH: 6_378.137, Body.MOON: 1_738.0}
"""Reference radii of the J2 values."""
J2 = {Body.EARTH: 1.082_635_9e-3, Body.MOON: 2.033_0e-4}
"""Unnormalised J2: IERS Conventions 2010; GRAIL (Zuber et al. 2013), rounded."""

_ANY = (-np.inf, np.inf)
_KEPLER_STEPS = 30


class Orbit(ABC):
    """The motion of an orbiter; two are the same only where they are the same object.

    Parameters
    ----------
    center
        The body that it goes around.
    """

    def __init__(self, center: Body) -> None:
        self.center = center

    @abstractmethod
    def state_km(self, epoch_tdb_s: Floats) -> tuple[Floats, Floats]:
        """Return positions (km) and velocities (km/s) from the centre, J2000, each of shape (3, n).

        Raises
        ------
        EphemerisSpanError
            If an epoch, TDB seconds past J2000, is outside what the orbit is given for.
        """

    @property
    @abstractmethod
    def longest_piece_s(self) -> float:
        """Longest piece over which paths to the orbiter may be fitted, seconds."""

    @property
    def spans_tdb_s(self) -> tuple[tuple[float, float], ...]:
        """The spans that the orbit is given for, TDB seconds past J2000, in order."""
        return (_ANY,)

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
    def longest_piece_s(self) -> float:
        """The time of one turn at the rate of the pericentre."""
        e = self.elements.eccentricity
        return 2.0 * np.pi / (self.mean_motion_rad_s * float(np.sqrt(1.0 + e) / (1.0 - e) ** 1.5))

    def state_km(self, epoch_tdb_s: Floats) -> tuple[Floats, Floats]:
        """Return positions and velocities."""
        elements = self.elements
        a, e = elements.semi_major_axis_km, elements.eccentricity
        since_s = np.asarray(epoch_tdb_s, dtype=np.float64) - elements.epoch_tdb_s
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


class TabulatedOrbit(Orbit):
    """States in a table, with interpolation between them as an OEM asks for.

    Parameters
    ----------
    center
        Earth or Moon.
    segments
        Tables in order of time; gaps between them stay gaps.
    """

    def __init__(self, center: Body, segments: Sequence["StateTable"]) -> None:
        super().__init__(center)
        self.segments = tuple(segments)

    @property
    def spans_tdb_s(self) -> tuple[tuple[float, float], ...]:
        """The usable span of each table, those that meet joined."""
        joined: list[tuple[float, float]] = []
        for segment in self.segments:
            if joined and segment.start_tdb_s <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(joined[-1][1], segment.end_tdb_s))
            else:
                joined.append((segment.start_tdb_s, segment.end_tdb_s))
        return tuple(joined)

    @property
    def longest_piece_s(self) -> float:
        """As long as the interpolation's own window, and at most the time of one turn at the greatest rate."""
        turns, windows = [], []
        for segment in self.segments:
            momentum = np.linalg.norm(np.cross(segment.position_km, segment.velocity_km_s, axis=0), axis=0)
            rate = np.max(momentum / np.sum(segment.position_km**2, axis=0))
            turns.append(2.0 * np.pi / float(rate))
            windows.append(float(np.min(np.diff(segment.epoch_tdb_s))) * max(segment.degree, 1))
        return min(min(turns), max(min(windows), 60.0))

    def state_km(self, epoch_tdb_s: Floats) -> tuple[Floats, Floats]:
        """Return positions and velocities, a later table before an earlier one."""
        epoch = np.asarray(epoch_tdb_s, dtype=np.float64)
        position, velocity = np.full((3, epoch.size), np.nan), np.full((3, epoch.size), np.nan)
        for segment in self.segments:
            # Light time asks a little before and after what the other end's span allows.
            inside = (epoch >= segment.start_tdb_s - _BESIDE_S) & (epoch <= segment.end_tdb_s + _BESIDE_S)
            if inside.any():
                position[:, inside], velocity[:, inside] = segment.state_km(epoch[inside])
        if np.isnan(position[0]).any():
            missing = float(epoch[np.isnan(position[0])][0])
            spans = ", ".join(f"{first:.3f} to {last:.3f}" for first, last in self.spans_tdb_s)
            raise EphemerisSpanError(f"the orbit has no state at {missing:.3f} TDB s past J2000; it has {spans}")
        return position, velocity


_BESIDE_S = 2.0


class Interpolation(StrEnum):
    """How states between two of a table are found."""

    LAGRANGE = "LAGRANGE"
    HERMITE = "HERMITE"
    LINEAR = "LINEAR"


@dataclass(frozen=True, eq=False)
class StateTable:
    """States at rising epochs and how to interpolate between them.

    Parameters
    ----------
    epoch_tdb_s
        TDB seconds past J2000, rising, shape (n,).
    position_km, velocity_km_s
        In J2000 axes from the centre, shape (3, n).
    interpolation, degree
        Degree of the polynomial in time: a window of degree + 1 states, for Hermite of (degree + 1) / 2.
    start_tdb_s, end_tdb_s
        The usable span.
    """

    epoch_tdb_s: Floats
    position_km: Floats
    velocity_km_s: Floats
    interpolation: Interpolation
    degree: int
    start_tdb_s: float
    end_tdb_s: float

    def state_km(self, epoch_tdb_s: Floats) -> tuple[Floats, Floats]:
        """Return positions and velocities at epochs of shape (m,), each of shape (3, m).

        Velocities are interpolated by Lagrange's polynomial of their own values, for Hermite's too: they serve light
        time and aberration, for which that is far more than enough.
        """
        hermite = self.interpolation is Interpolation.HERMITE
        size = (self.degree + 1) // 2 if hermite else self.degree + 1
        count = self.epoch_tdb_s.size
        size = min(max(size, 2), count)
        before = np.searchsorted(self.epoch_tdb_s, epoch_tdb_s, side="right") - 1
        first = np.clip(before - (size - 1) // 2, 0, count - size)
        index = first[:, np.newaxis] + np.arange(size)
        # In units of the window: powers of seconds would lose digits.
        scale = (self.epoch_tdb_s[index[:, -1]] - self.epoch_tdb_s[index[:, 0]])[:, np.newaxis]
        nodes = (self.epoch_tdb_s[index] - epoch_tdb_s[:, np.newaxis]) / scale
        basis, slope = _lagrange_at_zero(nodes)
        velocity = np.einsum("mk,cmk->cm", basis, self.velocity_km_s[:, index])
        if not hermite:
            return np.einsum("mk,cmk->cm", basis, self.position_km[:, index]), velocity
        squared = basis**2
        of_position = (1.0 + 2.0 * nodes * slope) * squared
        of_velocity = -nodes * scale * squared
        position = np.einsum("mk,cmk->cm", of_position, self.position_km[:, index])
        return position + np.einsum("mk,cmk->cm", of_velocity, self.velocity_km_s[:, index]), velocity


def _lagrange_at_zero(nodes: Floats) -> tuple[Floats, Floats]:
    """Return the Lagrange polynomials at 0 and their own slopes at their nodes, each of shape (m, k)."""
    count = nodes.shape[1]
    apart = nodes[:, :, np.newaxis] - nodes[:, np.newaxis, :]
    apart[:, np.arange(count), np.arange(count)] = 1.0
    to_zero = np.broadcast_to(-nodes[:, np.newaxis, :], apart.shape).copy()
    to_zero[:, np.arange(count), np.arange(count)] = 1.0
    basis = np.prod(to_zero / apart, axis=2)
    inverse = 1.0 / apart
    inverse[:, np.arange(count), np.arange(count)] = 0.0
    return basis, np.sum(inverse, axis=2)


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
