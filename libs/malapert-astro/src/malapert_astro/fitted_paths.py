"""Apparent vectors over a span, fitted once and then evaluated at any number of instants by compiled code.

A vector is interpolated by Chebyshev polynomials of degree 19 over pieces of a day or less, through its values at the
Chebyshev nodes. For a term of angular rate ω and amplitude A, half a piece being h, the coefficients are 2 A Jₙ(ω h),
so what is left out is about 2 A (ω h / 2)ⁿ / n! with n = 20: 3e-9 km for the Moon in axes that turn with the Earth
(A = 4e5 km, one turn a day), that is 1e-12 degrees. Rounding and the joints of the kernels' records weigh more:
fits agree with the ephemeris within 3e-9 degrees and 3 mm. A path to an orbiter has pieces of at most the time of one
turn at the rate of its pericentre, for which the same holds.

Where one Earth orientation file follows another, a piece ends, so that no fit goes across the jump; only for the
light time after it, 1.3 s, a station seen from the Moon is already that of the next file.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from malapert_astro import path_kernel
from malapert_astro.ephemeris import Ephemeris
from malapert_astro.motion import BodyMotion, State
from malapert_astro.orbits import Orbit
from malapert_astro.points import Body, SitePosition, StationPosition

Floats = NDArray[np.float64]
Point = SitePosition | StationPosition

LONGEST_PIECE_S = 86_400.0
_NODES = 20
_SUN_BEFORE_S, EARTH_MOON_BEFORE_S = 499.0, 1.28
"""Nominal light times from the Sun and the Earth to the Moon, seconds, about which the light time is linearised in
`received_km`."""


@dataclass(frozen=True)
class _Section:
    """Pieces of equal length, with their coefficients of shape (pieces, 3, degree + 1)."""

    start_s: float
    piece_s: float
    coefficients: Floats

    @property
    def ends_s(self) -> Floats:
        """Limits of the pieces, TDB seconds past J2000, shape (pieces + 1,)."""
        return np.asarray(self.start_s + self.piece_s * np.arange(len(self.coefficients) + 1), dtype=np.float64)

    @cached_property
    def greatest_acceleration_km_s2(self) -> Floats:
        """Bound of the second derivative in each piece, shape (pieces,).

        It is a polynomial of degree n, whose greatest value is at most 1 / cos(n π / 2 m) of its greatest at m
        Chebyshev nodes (Ehlich and Zeller, Mathematische Zeitschrift 86, 1964), in any direction.
        """
        bends = self.coefficients @ _BENDS_OF_COEFFICIENTS
        greatest = np.sqrt(np.max(np.sum(bends**2, axis=1), axis=1))
        return np.asarray(greatest * _BETWEEN_NODES * (2.0 / self.piece_s) ** 2)


@dataclass(frozen=True)
class FittedPath:
    """An apparent vector over a span, in the observer's axes; its length is the light path.

    Methods take TDB seconds past J2000 of any shape, within the span. Axes are east, north and up of a point on a
    body, and those of J2000 for an orbiter.
    """

    sections: tuple[_Section, ...]

    def vector_km(self, epoch_tdb_s: ArrayLike) -> Floats:
        """Return the vector, km, shape (3, ...)."""
        return self._evaluate(_vectors, epoch_tdb_s)

    def direction_deg(self, epoch_tdb_s: ArrayLike) -> tuple[Floats, Floats]:
        """Return azimuth (from north clockwise, 0 to 360) and elevation, degrees."""
        azimuth, elevation = self._evaluate(_directions, epoch_tdb_s)
        return azimuth, elevation

    def elevation_deg(self, epoch_tdb_s: ArrayLike) -> Floats:
        """Return the elevation, degrees."""
        return self.direction_deg(epoch_tdb_s)[1]

    def motion(self, epoch_tdb_s: Floats) -> tuple[Floats, Floats, Floats]:
        """Return vector (km), rate (km/s), each (3, n), and a bound of the acceleration in the whole piece (km/s²).

        The epochs, of shape (n,), are inside pieces: between `cuts`.
        """
        values = self._evaluate(_motions, epoch_tdb_s)
        return values[:3], values[3:6], values[6]

    def cuts(self, start_s: float, end_s: float) -> Floats:
        """Return the ends of a span and those of the pieces inside it."""
        inner = np.concatenate([section.ends_s for section in self.sections])
        return np.unique(np.concatenate(([start_s], inner[(inner > start_s) & (inner < end_s)], [end_s])))

    def range_and_rate(self, epoch_tdb_s: ArrayLike) -> tuple[Floats, Floats, Floats]:
        """Return the vector (km, shape (3, ...)), its length (km) and length rate by the receiver's clock (km/s)."""

        both_km = self._evaluate(_vectors_and_rates, epoch_tdb_s)
        vector_km, rate_km_s = both_km[:3], both_km[3:]
        range_km = np.sqrt(np.sum(vector_km**2, axis=0))
        return vector_km, range_km, np.sum(vector_km * rate_km_s, axis=0) / range_km

    def _evaluate(self, kernel: "_Kernel", epoch_tdb_s: ArrayLike) -> Floats:
        epoch = np.asarray(epoch_tdb_s, dtype=np.float64)
        flat = np.ascontiguousarray(epoch.reshape(-1))
        if len(self.sections) == 1:
            out = kernel(self.sections[0], flat)
        else:
            section_of = np.searchsorted([section.start_s for section in self.sections[1:]], flat, side="right")
            chosen = [np.flatnonzero(section_of == index) for index in range(len(self.sections))]
            parts = [kernel(section, flat[at]) for section, at in zip(self.sections, chosen, strict=True)]
            out = np.empty((parts[0].shape[0], flat.size))
            out[:, np.concatenate(chosen)] = np.concatenate(parts, axis=1)
        return out.reshape(out.shape[0], *epoch.shape)


_Kernel = Callable[[_Section, Floats], Floats]


def _vectors(section: _Section, epoch_s: Floats) -> Floats:
    return path_kernel.vectors(section.start_s, section.piece_s, section.coefficients, epoch_s)


def _directions(section: _Section, epoch_s: Floats) -> Floats:
    return path_kernel.directions(section.start_s, section.piece_s, section.coefficients, epoch_s)


def _vectors_and_rates(section: _Section, epoch_s: Floats) -> Floats:
    return np.concatenate(
        path_kernel.vectors_and_rates(section.start_s, section.piece_s, section.coefficients, epoch_s)
    )


def _motions(section: _Section, epoch_s: Floats) -> Floats:
    piece = np.floor((epoch_s - section.start_s) / section.piece_s).astype(np.intp)
    acceleration = section.greatest_acceleration_km_s2[np.clip(piece, 0, len(section.coefficients) - 1)]
    return np.concatenate((_vectors_and_rates(section, epoch_s), acceleration[np.newaxis]))


class SpanPaths:
    """Fits the paths of one span; the bodies are evaluated once for all of them.

    Parameters
    ----------
    ephemeris
        Gives the bodies.
    start_tdb_s, end_tdb_s
        The span, TDB seconds past J2000.
    longest_piece_s
        Longest piece; that of the fastest orbit (`Orbit.longest_piece_s`) where an orbiter is at an end.
    covered_tdb_s
        The parts of the span that paths are asked for, in order; all of it unless given.
    seams_tdb_s
        Where an orbit breaks: no fit goes across, nor across the instant from which on its light is received.

    Raises
    ------
    EphemerisSpanError
        If the kernels do not cover the span; from `seen`.
    ValueError
        If the span is empty.
    """

    def __init__(
        self,
        ephemeris: Ephemeris,
        start_tdb_s: float,
        end_tdb_s: float,
        longest_piece_s: float = LONGEST_PIECE_S,
        covered_tdb_s: Sequence[tuple[float, float]] = (),
        seams_tdb_s: Sequence[float] = (),
    ) -> None:
        if not end_tdb_s > start_tdb_s:
            raise ValueError(f"the span ends at {end_tdb_s}, not after its start {start_tdb_s}")
        self.ephemeris = ephemeris
        self.start_tdb_s, self.end_tdb_s = start_tdb_s, end_tdb_s
        received = [seam + EARTH_MOON_BEFORE_S for seam in seams_tdb_s]
        seams = sorted({*ephemeris.earth_orientation_seams_tdb_s, *seams_tdb_s, *received})
        self._pieces = [
            (first, (last - first) / count, count)
            for start_s, end_s in covered_tdb_s or ((start_tdb_s, end_tdb_s),)
            for first, last in pairwise([start_s, *(seam for seam in seams if start_s < seam < end_s), end_s])
            for count in [int(np.ceil((last - first) / min(longest_piece_s, LONGEST_PIECE_S)))]
        ]
        self._motions: dict[tuple[Body, float], BodyMotion] = {}
        self._orbits: dict[tuple[Orbit, float], State] = {}

    def seen(self, observer: Point | Orbit, target: Body | Point | Orbit) -> FittedPath:
        """Return the path of what an observer receives of a target, from where it was when it sent."""
        vector_km = self._seen(observer, target, aberration=True)
        if not isinstance(observer, Orbit):
            turn = self._motion(observer.body, 0.0).from_inertial
            vector_km = path_kernel.turned(observer.local_axes, turn, vector_km)
        return self._fit(vector_km)

    def seen_inertial(
        self, observer: Point | Orbit, target: Body | Point | Orbit, *, aberration: bool = True
    ) -> FittedPath:
        """Return the path of what an observer receives of a target in the axes of J2000, which do not turn with it.

        Without aberration it is the way in barycentric axes, with it where an observer sees it come from.
        """
        return self._fit(self._seen(observer, target, aberration=aberration))

    def _seen(self, observer: Point | Orbit, target: Body | Point | Orbit, *, aberration: bool) -> Floats:
        before_s = _before_s(observer, target)
        return _received(self._state(observer, 0.0), self._state(target, before_s), before_s, aberration=aberration)

    def light_path(self, body: Body, observer: Point | Orbit, target: Body | Point | Orbit) -> FittedPath:
        """Return the way that light took to an observer from a target, in the inertial axes in which a body rests.

        There the body hides the target exactly where the straight way meets it, whenever the light passed.
        """
        before_s = _before_s(observer, target)
        speed_km_s = self._motion(body, 0.0).center.velocity_km_s
        seen_from, seen_at = self._state(observer, 0.0), self._state(target, before_s)
        vector_km = _received(
            State(seen_from.position_km, seen_from.velocity_km_s - speed_km_s),
            State(seen_at.position_km + speed_km_s * before_s, seen_at.velocity_km_s - speed_km_s),
            before_s,
            aberration=False,
        )
        return self._fit(vector_km)

    def _state(self, end: Body | Point | Orbit, before_s: float) -> State:
        if isinstance(end, Orbit):
            return self._orbit_state(end, before_s)
        if isinstance(end, Body):
            if end is Body.SUN:
                return self.ephemeris.sun_state(self._nodes - before_s)
            return self._motion(end, before_s).center
        motion = self._motion(end.body, before_s)
        center = motion.center
        return State(
            *path_kernel.point_states(
                center.position_km, center.velocity_km_s, motion.from_inertial, motion.spin_rad_s, end.fixed_km
            )
        )

    def _orbit_state(self, orbit: Orbit, before_s: float) -> State:
        if (orbit, before_s) not in self._orbits:
            position_km, velocity_km_s = orbit.state_km(self._nodes - before_s)
            center = self._motion(orbit.center, before_s).center
            self._orbits[orbit, before_s] = State(
                np.ascontiguousarray(center.position_km + position_km),
                np.ascontiguousarray(center.velocity_km_s + velocity_km_s),
            )
        return self._orbits[orbit, before_s]

    def _motion(self, body: Body, before_s: float) -> BodyMotion:
        if (body, before_s) not in self._motions:
            motion_of = self.ephemeris.moon_motion if body is Body.MOON else self.ephemeris.earth_motion
            self._motions[body, before_s] = motion_of(self._nodes - before_s)
        return self._motions[body, before_s]

    @cached_property
    def _nodes(self) -> Floats:
        return np.concatenate(
            [
                (start_s + piece_s * (np.arange(count)[:, np.newaxis] + 0.5) + 0.5 * piece_s * _NODE_PLACES).ravel()
                for start_s, piece_s, count in self._pieces
            ]
        )

    def _fit(self, vector_km: Floats) -> FittedPath:
        # Row-major (pieces, 3, nodes) times (nodes, degrees): one product of matrices.
        values = np.ascontiguousarray(vector_km.reshape(3, -1, _NODES).transpose(1, 0, 2))
        coefficients = values @ _COEFFICIENTS_OF_VALUES
        sections, first = [], 0
        for start_s, piece_s, count in self._pieces:
            sections.append(_Section(start_s, piece_s, np.ascontiguousarray(coefficients[first : first + count])))
            first += count
        return FittedPath(tuple(sections))


def _received(seen_from: State, seen_at: State, before_s: float, *, aberration: bool) -> Floats:
    return path_kernel.received(
        seen_from.position_km, seen_from.velocity_km_s, seen_at.position_km, seen_at.velocity_km_s, before_s, aberration
    )


def _before_s(observer: Point | Orbit, target: Body | Point | Orbit) -> float:
    if target is Body.SUN:
        return _SUN_BEFORE_S
    return 0.0 if _side(observer) is _side(target) else EARTH_MOON_BEFORE_S


def _side(end: Body | Point | Orbit) -> Body:
    if isinstance(end, Body):
        return end
    return end.center if isinstance(end, Orbit) else end.body


_NODE_ANGLES = (np.arange(_NODES) + 0.5) * (np.pi / _NODES)
_NODE_PLACES = np.cos(_NODE_ANGLES)
# Discrete orthogonality at the nodes: cₖ = (2 − δₖ₀)/N · Σ f(cos θⱼ) cos k θⱼ.
_COEFFICIENTS_OF_VALUES = np.cos(np.outer(_NODE_ANGLES, np.arange(_NODES))) * (2.0 / _NODES)
_COEFFICIENTS_OF_VALUES[:, 0] *= 0.5
# Second derivatives of the Chebyshev polynomials, at twice as many nodes as the fit has.
_BEND_NODES = np.cos((np.arange(2 * _NODES) + 0.5) * (np.pi / (2 * _NODES)))
_BENDS_OF_COEFFICIENTS = np.stack(
    [np.polynomial.Chebyshev.basis(degree).deriv(2)(_BEND_NODES) for degree in range(_NODES)]
)
_BETWEEN_NODES = 1.0 / np.cos((_NODES - 3) * np.pi / (4 * _NODES))
