"""Geometry of orbiters: the Moon's limb between two points, shadows, and steps of the search along an orbit."""

from dataclasses import dataclass, replace

import numpy as np
from malapert_astro.clearances import Bounds, Clearance, Negative, around, separation_deg, turn_deg
from malapert_astro.ephemeris import SUN_RADIUS_KM, Ephemeris
from malapert_astro.fitted_paths import EARTH_MOON_BEFORE_S, FittedPath, SpanPaths
from malapert_astro.orbits import Orbit
from malapert_astro.points import Body, StationPosition
from malapert_astro.surface import MOON_RADIUS_M
from malapert_core.errors import Fault, InvalidInputError
from numpy.typing import NDArray

from malapert_comms_window.domain.orbiters import Orbiter
from malapert_comms_window.geometry.conditions import Condition, SearchSpan

Floats = NDArray[np.float64]

_EARTH_RADIUS_KM = 6378.137
_MOON_RADIUS_KM = MOON_RADIUS_M / 1000.0
_STEPS_IN_PIECE = 90.0
_LONGEST_STEP_S = 1200.0


@dataclass(frozen=True)
class OrbiterView:
    """An orbiter over a span: its motion, paths fitted finely enough for it, and the parts of the span it is known in.

    A part begins when light that left the orbiter with its first state is received.
    """

    orbiter: Orbiter
    orbit: Orbit
    paths: SpanPaths
    span: SearchSpan

    @classmethod
    def over(cls, orbiter: Orbiter, orbit: Orbit, ephemeris: Ephemeris, span: SearchSpan) -> "OrbiterView":
        """Return the view over a span.

        Raises
        ------
        InvalidInputError
            ``OUTSIDE_ORBIT`` where the orbiter has no states in the span.
        """
        covered = tuple(orbit.covered_within(*span.tdb_s, EARTH_MOON_BEFORE_S))
        if not covered:
            message = f"the motion of {orbiter.orbiter_id} covers {orbit.spans_text()}"
            fault = Fault("span", "OUTSIDE_ORBIT", message)
            raise InvalidInputError("INVALID_WINDOW_REQUEST", message, faults=[fault])
        paths = SpanPaths(ephemeris, *span.tdb_s, orbit.longest_piece_s, covered, orbit.seams_tdb_s)
        return cls(orbiter, orbit, paths, replace(span, covered_tdb_s=covered))

    @property
    def step_s(self) -> float:
        """A step that follows the orbit closely, seconds."""
        return min(self.orbit.longest_piece_s / _STEPS_IN_PIECE, _LONGEST_STEP_S)

    def error_deg(self, path: FittedPath) -> float:
        """Return one standard deviation of the orbiter's direction where it is nearest."""
        epoch_s = np.concatenate([np.arange(*part, self.step_s) for part in self.span.parts_tdb_s])
        nearest_km = float(np.min(np.linalg.norm(path.vector_km(epoch_s), axis=0)))
        return float(np.degrees(np.arctan2(self.orbiter.position_error_km, nearest_km)))

    def beside_moon(self, station: StationPosition) -> Condition:
        """Return the condition that the Moon does not hide the orbiter from a station; in km."""
        limb = _BesideLimb(*self._ways(station, self.orbit, Body.MOON))
        return Condition("moon_limb", limb, self.orbiter.position_error_km)

    def hidden_from_earth(self) -> Condition:
        """Return the condition that the Moon is between the orbiter and the Earth's centre; in km."""
        limb = _BesideLimb(*self._ways(self.orbit, Body.EARTH, Body.MOON))
        return Condition("moon_limb", Negative(limb), self.orbiter.position_error_km)

    def shadowed(self) -> Condition:
        """Return the condition that Moon or Earth hides some of the Sun's disc; in degrees of overlap."""
        shadow = Shadow(self)
        return Condition("shadow", shadow, shadow.error_deg)

    def _ways(self, observer: StationPosition | Orbit, *targets: Body | Orbit) -> list[FittedPath]:
        return [self.paths.light_path(Body.MOON, observer, target) for target in targets]


class Shadow(Clearance):
    """Overlap of the nearer body's limb over the Sun's as an orbiter sees them, degrees; of Moon and Earth.

    Both discs are taken about their centres, each by its own light time, as SPICE's geometry finder does: the light
    that grazes a limb passed it some milliseconds away from the centre's, which moves the edges by less than 0.1 s.

    Parameters
    ----------
    view
        The orbiter.
    """

    def __init__(self, view: OrbiterView) -> None:
        targets = (Body.SUN, Body.MOON, Body.EARTH)
        self._to_sun, to_moon, to_earth = (
            view.paths.seen_inertial(view.orbit, target, aberration=False) for target in targets
        )
        super().__init__(self._to_sun)
        self._bodies = [(to_moon, _MOON_RADIUS_KM), (to_earth, _EARTH_RADIUS_KM)]
        center = self._bodies[0 if view.orbit.center is Body.MOON else 1][0]
        self.error_deg = view.error_deg(center)

    def __call__(self, epoch_tdb_s: Floats) -> Floats:
        """Return the overlap; positive where some of the Sun is hidden."""
        sun_km = self._to_sun.vector_km(epoch_tdb_s)
        sun_deg = _radius_deg(SUN_RADIUS_KM, sun_km)
        overlaps = []
        for path, radius_km in self._bodies:
            body_km = path.vector_km(epoch_tdb_s)
            overlaps.append(sun_deg + _radius_deg(radius_km, body_km) - separation_deg(sun_km, body_km))
        return np.asarray(np.maximum(*overlaps))

    def bounds(self, middle_s: Floats, half_s: Floats) -> Bounds:
        """Return the bounds of the overlap, from how far the discs grow and how far their centres turn."""
        sun_km = self._to_sun.vector_km(middle_s)
        sun_turn_deg, sun_deg = (
            turn_deg(self._to_sun, middle_s, half_s),
            _radii_deg(self._to_sun, SUN_RADIUS_KM, middle_s, half_s),
        )
        least, greatest = [], []
        for path, radius_km in self._bodies:
            body_deg = _radii_deg(path, radius_km, middle_s, half_s)
            apart_deg = separation_deg(sun_km, path.vector_km(middle_s))
            reach_deg = sun_turn_deg + turn_deg(path, middle_s, half_s)
            least.append(sun_deg[0] + body_deg[0] - apart_deg - reach_deg)
            greatest.append(sun_deg[1] + body_deg[1] - apart_deg + reach_deg)
        return np.maximum(*least), np.maximum(*greatest), np.zeros(middle_s.shape, dtype=np.bool_)

    def sun_fraction(self, epoch_s: Floats) -> Floats:
        """Return the share of the Sun's disc that shows, 0 to 1."""
        sun_km = self._to_sun.vector_km(epoch_s)
        sun_deg = _radius_deg(SUN_RADIUS_KM, sun_km)
        hidden = np.zeros_like(epoch_s)
        for path, radius_km in self._bodies:
            body_km = path.vector_km(epoch_s)
            covered = _overlap_of_discs(sun_deg, _radius_deg(radius_km, body_km), separation_deg(sun_km, body_km))
            hidden = np.maximum(hidden, covered)
        return 1.0 - hidden


class _BesideLimb(Clearance):
    """Distance by which the straight path to a target passes the Moon's limb, km; negative where the Moon is in the
    way.

    Parameters
    ----------
    to_target, to_moon
        Both from one observer, in axes that do not turn.
    """

    def __init__(self, to_target: FittedPath, to_moon: FittedPath) -> None:
        super().__init__(to_target)
        self._to_moon = to_moon

    def __call__(self, epoch_tdb_s: Floats) -> Floats:
        """Return the distance over the Moon's radius."""
        passes_km = _passes_km(self._path.vector_km(epoch_tdb_s), self._to_moon.vector_km(epoch_tdb_s))
        return passes_km - _MOON_RADIUS_KM

    def bounds(self, middle_s: Floats, half_s: Floats) -> Bounds:
        """Return the bounds: the distance changes no faster than either end of the way does against the Moon."""
        target_km, target_km_s, target_bend = self._path.motion(middle_s)
        moon_km, moon_km_s, moon_bend = self._to_moon.motion(middle_s)
        of_observer = np.linalg.norm(moon_km_s, axis=0) + moon_bend * half_s
        of_target = np.linalg.norm(target_km_s - moon_km_s, axis=0) + (target_bend + moon_bend) * half_s
        reach_km = np.maximum(of_observer, of_target) * half_s
        value = _passes_km(target_km, moon_km) - _MOON_RADIUS_KM
        return around(value, reach_km)


def _radii_deg(path: FittedPath, radius_km: float, middle_s: Floats, half_s: Floats) -> tuple[Floats, Floats]:
    """Return the least and the greatest angular radius of a sphere within `half_s` of epochs, degrees."""
    vector_km, rate_km_s, acceleration_km_s2 = path.motion(middle_s)
    way_km = (np.linalg.norm(rate_km_s, axis=0) + acceleration_km_s2 * half_s) * half_s
    distance_km = np.linalg.norm(vector_km, axis=0)
    nearest_km = np.maximum(distance_km - way_km, radius_km)
    return tuple(
        np.degrees(np.arcsin(np.minimum(radius_km / each, 1.0))) for each in (distance_km + way_km, nearest_km)
    )


def _passes_km(target_km: Floats, body_km: Floats) -> Floats:
    """Return how near the straight way to a target comes to a body's centre, km."""
    along = np.sum(target_km * body_km, axis=0) / np.sum(target_km**2, axis=0)
    return np.asarray(np.linalg.norm(body_km - np.clip(along, 0.0, 1.0) * target_km, axis=0))


def _radius_deg(radius_km: float, vector_km: Floats) -> Floats:
    return np.asarray(np.degrees(np.arcsin(np.minimum(radius_km / np.linalg.norm(vector_km, axis=0), 1.0))))


def _overlap_of_discs(disc: Floats, cover: Floats, apart: Floats) -> Floats:
    """Return the share of a disc that another covers, both flat, by the areas of two circle segments."""
    apart = np.maximum(apart, 1e-12)
    with np.errstate(invalid="ignore"):
        cos_disc = np.clip((apart**2 + disc**2 - cover**2) / (2.0 * apart * disc), -1.0, 1.0)
        cos_cover = np.clip((apart**2 + cover**2 - disc**2) / (2.0 * apart * cover), -1.0, 1.0)
    angle, cover_angle = np.arccos(cos_disc), np.arccos(cos_cover)
    area = disc**2 * (angle - cos_disc * np.sin(angle)) + cover**2 * (cover_angle - cos_cover * np.sin(cover_angle))
    return np.asarray(area / (np.pi * disc**2))
