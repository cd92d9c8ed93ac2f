"""Sun, Earth and ground stations seen from the lunar surface, and the lunar surface seen from the Earth.

Apparent directions carry light time (converged) and stellar aberration, no refraction: JPL Horizons' airless apparent
azimuth and elevation, SPICE's ``CN+S``.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from malapert_astro.chebyshev import SegmentChain
from malapert_astro.frames import BodyOrientation, itrf93_orientation, moon_me_orientation, rotate, rotate_back
from malapert_astro.kernels import KernelRecord, KernelSet, installed_kernels, read_spk
from malapert_astro.times import TimeScale

Floats = NDArray[np.float64]

LIGHT_SPEED_KM_S = 299_792.458
SUN_RADIUS_KM = 695_700.0
"""Nominal solar radius of IAU 2015 resolution B3."""

_SOLAR_SYSTEM, _EARTH_MOON, _SUN, _MOON, _EARTH = 0, 3, 10, 301, 399
# Two steps from a guess would leave 0.2 m of the Earth's way: 10 ms of an Earthrise at the poles.
_SUN_LIGHT_TIME_S, _EARTH_LIGHT_TIME_S = 499.0, 1.28
_LIGHT_TIME_STEPS = 3
# Light from the Sun takes 490–510 s to the Moon, so nothing is asked of a kernel earlier than this.
_LIGHT_TIME_MARGIN_S = 600.0


@dataclass(frozen=True)
class ReceivedLeg:
    """What an observer receives from a target.

    Parameters
    ----------
    apparent_km
        Apparent vector in the observer's body-fixed axes (its length is the light path), shape (3, ...).
    range_km
        Length of the light path, shape (...).
    light_time_s
        One-way light time, shape (...).
    """

    apparent_km: Floats
    range_km: Floats
    light_time_s: Floats


class Ephemeris:
    """Positions by direct evaluation of kernels; made once, then only read, also from several threads.

    Parameters
    ----------
    kernels
        The kernel files; the installed ones unless given.

    Raises
    ------
    KernelError
        If a kernel lacks what is needed.

    Notes
    -----
    Every method raises EphemerisSpanError for an epoch that the kernels do not cover.
    """

    def __init__(self, kernels: KernelSet | None = None) -> None:
        self.kernels = kernels or installed_kernels()
        spk = self.kernels.ephemeris_spk
        self._sun = SegmentChain(read_spk(spk, _SUN, _SOLAR_SYSTEM))
        self._earth_moon = SegmentChain(read_spk(spk, _EARTH_MOON, _SOLAR_SYSTEM))
        self._moon = SegmentChain(read_spk(spk, _MOON, _EARTH_MOON))
        self._earth = SegmentChain(read_spk(spk, _EARTH, _EARTH_MOON))
        self._moon_orientation = moon_me_orientation(self.kernels.lunar_pck, self.kernels.lunar_frames)
        self._earth_orientation = itrf93_orientation(
            self.kernels.earth_high_precision_pck, self.kernels.earth_predicted_pck
        )
        self._time_scale = TimeScale.read(self.kernels.leap_seconds)

    @property
    def records(self) -> tuple[KernelRecord, ...]:
        """The kernels by content, for provenance."""
        return self.kernels.records()

    @property
    def span_utc_s(self) -> tuple[float, float]:
        """First and last Unix second UTC that every method accepts."""
        orientations = [self._moon_orientation.angles, self._earth_orientation.angles]
        chains = [self._sun, self._earth_moon, self._moon, self._earth, *orientations]
        first = max(chain.span_tdb_s[0] for chain in chains) + _LIGHT_TIME_MARGIN_S
        last = min(chain.span_tdb_s[1] for chain in chains)
        return float(self._time_scale.utc_from_tdb(first)), float(self._time_scale.utc_from_tdb(last))

    def earth_orientation_sources(self, epoch_tdb_s: ArrayLike) -> tuple[str, ...]:
        """Return the names of the Earth orientation files that the epochs are taken from."""
        return self._earth_orientation.sources(np.asarray(epoch_tdb_s, dtype=np.float64))

    def sun_moon_me_km(self, epoch_tdb_s: ArrayLike) -> Floats:
        """Return the Sun's geometric position from the Moon's centre in MOON_ME, km, shape (3, ...)."""
        epoch = np.asarray(epoch_tdb_s, dtype=np.float64)
        return rotate(self._moon_orientation.from_inertial(epoch), self._sun.evaluate(epoch) - self._moon_km(epoch))

    def earth_moon_me_km(self, epoch_tdb_s: ArrayLike) -> Floats:
        """Return the Earth's geometric position from the Moon's centre in MOON_ME, km, shape (3, ...)."""
        epoch = np.asarray(epoch_tdb_s, dtype=np.float64)
        earth_from_moon = self._earth.evaluate(epoch) - self._moon.evaluate(epoch)
        return rotate(self._moon_orientation.from_inertial(epoch), earth_from_moon)

    def apparent_sun_km(self, epoch_tdb_s: ArrayLike, site_moon_me_km: Floats | None = None) -> Floats:
        """Return the Sun's apparent vector from a lunar site in MOON_ME axes, km, shape (3, ...).

        Parameters
        ----------
        epoch_tdb_s
            Epochs at the site, any shape.
        site_moon_me_km
            Position of the site, shape (3,). Unset means the Moon's centre: for many points take it once and subtract
            each point's position, which neglects less than 3e-5 degrees of aberration.
        """
        return self._seen_from_moon(self._sun.evaluate, _SUN_LIGHT_TIME_S, epoch_tdb_s, site_moon_me_km)

    def apparent_earth_km(self, epoch_tdb_s: ArrayLike, site_moon_me_km: Floats | None = None) -> Floats:
        """Return the apparent vector of the Earth's centre from a lunar site; parameters as of `apparent_sun_km`."""
        return self._seen_from_moon(self._earth_km, _EARTH_LIGHT_TIME_S, epoch_tdb_s, site_moon_me_km)

    def apparent_station_km(self, epoch_tdb_s: ArrayLike, site_moon_me_km: Floats, station_itrf_km: Floats) -> Floats:
        """Return the apparent vector of a ground station from a lunar site in MOON_ME axes, km, shape (3, ...)."""
        return self._seen_from_moon(
            lambda epoch: self._station_km(epoch, station_itrf_km), _EARTH_LIGHT_TIME_S, epoch_tdb_s, site_moon_me_km
        )

    def site_from_station(
        self, epoch_tdb_s: ArrayLike, site_moon_me_km: Floats, station_itrf_km: Floats
    ) -> ReceivedLeg:
        """Return what a ground station receives from a lunar site, in ITRF93 axes.

        Parameters
        ----------
        epoch_tdb_s
            Epochs of reception at the station, any shape.
        site_moon_me_km, station_itrf_km
            Position of the site in MOON_ME and of the station in ITRF93, shape (3,).
        """
        epoch = np.asarray(epoch_tdb_s, dtype=np.float64)
        observer, matrix = self._station_state(epoch, station_itrf_km)
        return _receive(lambda at: self._site_km(at, site_moon_me_km), _EARTH_LIGHT_TIME_S, observer, matrix, epoch)

    def range_rate_km_s(
        self, epoch_tdb_s: ArrayLike, light_time_s: Floats, site_moon_me_km: Floats, station_itrf_km: Floats
    ) -> Floats:
        """Return the rate of the path's length by the station's clock, km/s, positive when it grows, shape (...).

        Parameters
        ----------
        epoch_tdb_s, site_moon_me_km, station_itrf_km
            As of `site_from_station`.
        light_time_s
            Its result.
        """
        epoch = np.asarray(epoch_tdb_s, dtype=np.float64)
        (site_km, site_velocity), _ = self._site_state(epoch - light_time_s, site_moon_me_km)
        (station_km, station_velocity), _ = self._station_state(epoch, station_itrf_km)
        direction = (site_km - station_km) / (LIGHT_SPEED_KM_S * light_time_s)
        along = np.sum(direction * site_velocity, axis=0)
        # d(range)/dt = û·(v_site (1 − d(range)/dt / c) − v_station), solved for the rate.
        return np.asarray((along - np.sum(direction * station_velocity, axis=0)) / (1.0 + along / LIGHT_SPEED_KM_S))

    def _seen_from_moon(
        self, target: "Trajectory", guess_s: float, epoch_tdb_s: ArrayLike, site_moon_me_km: Floats | None
    ) -> Floats:
        epoch = np.asarray(epoch_tdb_s, dtype=np.float64)
        observer, matrix = self._site_state(epoch, np.zeros(3) if site_moon_me_km is None else site_moon_me_km)
        return _receive(target, guess_s, observer, matrix, epoch).apparent_km

    def _moon_km(self, epoch: Floats) -> Floats:
        return self._earth_moon.evaluate(epoch) + self._moon.evaluate(epoch)

    def _earth_km(self, epoch: Floats) -> Floats:
        return self._earth_moon.evaluate(epoch) + self._earth.evaluate(epoch)

    def _site_km(self, epoch: Floats, site_moon_me_km: Floats) -> Floats:
        matrix = self._moon_orientation.from_inertial(epoch)
        return self._moon_km(epoch) + rotate_back(matrix, _column(site_moon_me_km, epoch))

    def _station_km(self, epoch: Floats, station_itrf_km: Floats) -> Floats:
        matrix = self._earth_orientation.from_inertial(epoch)
        return self._earth_km(epoch) + rotate_back(matrix, _column(station_itrf_km, epoch))

    def _site_state(self, epoch: Floats, site_moon_me_km: Floats) -> tuple["State", Floats]:
        return self._surface_state(self._moon, self._moon_orientation, epoch, site_moon_me_km)

    def _station_state(self, epoch: Floats, station_itrf_km: Floats) -> tuple["State", Floats]:
        return self._surface_state(self._earth, self._earth_orientation, epoch, station_itrf_km)

    def _surface_state(
        self, body: SegmentChain, orientation: BodyOrientation, epoch: Floats, position_km: Floats
    ) -> tuple["State", Floats]:
        """Return the state of a point of a body, and the body's orientation."""
        matrix, spin = orientation.from_inertial_with_spin(epoch)
        (center, velocity), (origin, origin_velocity) = (
            chain.evaluate_with_rate(epoch) for chain in (body, self._earth_moon)
        )
        offset = _column(position_km, epoch)
        turning = np.cross(spin, offset, axis=0)
        state = center + origin + rotate_back(matrix, offset), velocity + origin_velocity + rotate_back(matrix, turning)
        return state, matrix


Trajectory = Callable[[Floats], Floats]
"""Epochs to barycentric positions in J2000, km, shape (3, ...)."""

State = tuple[Floats, Floats]
"""Barycentric position (km) and velocity (km/s) in J2000, each of shape (3, ...)."""


def sun_angular_radius_deg(distance_km: ArrayLike) -> Floats:
    """Return the angular radius of the Sun at a distance, degrees: arcsin(695,700 km / distance)."""
    return np.asarray(np.degrees(np.arcsin(SUN_RADIUS_KM / np.asarray(distance_km, dtype=np.float64))))


def aberrated(vector_km: Floats, observer_velocity_km_s: Floats) -> Floats:
    """Return a vector turned by stellar aberration, its length kept, as SPICE ``STELAB`` does.

    Parameters
    ----------
    vector_km
        Light-time corrected vector from the observer, shape (3, ...).
    observer_velocity_km_s
        Barycentric velocity of the observer in the same axes, shape (3, ...).
    """
    length = np.sqrt(np.sum(vector_km**2, axis=0))
    direction, beta = vector_km / length, observer_velocity_km_s / LIGHT_SPEED_KM_S
    across = beta - direction * np.sum(direction * beta, axis=0)
    return np.asarray(length * (direction * np.sqrt(1.0 - np.sum(across**2, axis=0)) + across))


def _column(position_km: Floats, epoch: Floats) -> Floats:
    return position_km.reshape(3, *(1,) * epoch.ndim)


def _receive(target: Trajectory, guess_s: float, observer: State, matrix: Floats, epoch: Floats) -> ReceivedLeg:
    observer_km, observer_velocity_km_s = observer
    light_time_s = np.full_like(epoch, guess_s)
    for _ in range(_LIGHT_TIME_STEPS):
        vector_km = target(epoch - light_time_s) - observer_km
        range_km = np.sqrt(np.sum(vector_km**2, axis=0))
        light_time_s = range_km / LIGHT_SPEED_KM_S
    apparent = rotate(matrix, aberrated(vector_km, observer_velocity_km_s))
    return ReceivedLeg(apparent, range_km, light_time_s)
