"""Sun, Earth and ground stations seen from the lunar surface, and the lunar surface seen from the Earth.

Apparent directions carry light time (converged) and stellar aberration, no refraction: JPL Horizons' airless apparent
azimuth and elevation, SPICE's ``CN+S``.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from malapert_astro.chebyshev import SegmentChain
from malapert_astro.frames import itrf93_orientation, moon_me_orientation, rotate, rotate_back
from malapert_astro.kernels import KernelRecord, KernelSet, installed_kernels, read_spk
from malapert_astro.times import TimeScale

Floats = NDArray[np.float64]

LIGHT_SPEED_KM_S = 299_792.458
SUN_RADIUS_KM = 695_700.0
"""Nominal solar radius of IAU 2015 resolution B3."""

_SOLAR_SYSTEM, _EARTH_MOON, _SUN, _MOON, _EARTH = 0, 3, 10, 301, 399
_LIGHT_TIME_STEPS = 2
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
    range_rate_km_s
        Its rate by the observer's clock, positive when it grows, shape (...).
    light_time_s
        One-way light time, shape (...).
    """

    apparent_km: Floats
    range_km: Floats
    range_rate_km_s: Floats
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
        return self._seen_from_moon(self._sun_km, epoch_tdb_s, site_moon_me_km).apparent_km

    def apparent_earth_km(self, epoch_tdb_s: ArrayLike, site_moon_me_km: Floats | None = None) -> Floats:
        """Return the apparent vector of the Earth's centre from a lunar site; parameters as of `apparent_sun_km`."""
        return self._seen_from_moon(self._earth_km, epoch_tdb_s, site_moon_me_km).apparent_km

    def apparent_station_km(self, epoch_tdb_s: ArrayLike, site_moon_me_km: Floats, station_itrf_km: Floats) -> Floats:
        """Return the apparent vector of a ground station from a lunar site in MOON_ME axes, km, shape (3, ...)."""

        def station(epoch: Floats) -> tuple[Floats, Floats]:
            return self._station_km(epoch, station_itrf_km)

        return self._seen_from_moon(station, epoch_tdb_s, site_moon_me_km).apparent_km

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
        observer = self._station_km(epoch, station_itrf_km)
        matrix = self._earth_orientation.from_inertial(epoch)
        return _receive(lambda at: self._site_km(at, site_moon_me_km), observer, matrix, epoch)

    def _seen_from_moon(
        self, target: "Trajectory", epoch_tdb_s: ArrayLike, site_moon_me_km: Floats | None
    ) -> ReceivedLeg:
        epoch = np.asarray(epoch_tdb_s, dtype=np.float64)
        site_km = np.zeros(3) if site_moon_me_km is None else site_moon_me_km
        matrix, spin = self._moon_orientation.from_inertial_with_spin(epoch)
        moon = self._relative_to_barycenter(self._moon, epoch)
        return _receive(target, _surface_state(moon, matrix, spin, site_km), matrix, epoch)

    def _sun_km(self, epoch: Floats) -> tuple[Floats, Floats]:
        return self._sun.evaluate_with_rate(epoch)

    def _earth_km(self, epoch: Floats) -> tuple[Floats, Floats]:
        return self._relative_to_barycenter(self._earth, epoch)

    def _moon_km(self, epoch: Floats) -> Floats:
        return self._earth_moon.evaluate(epoch) + self._moon.evaluate(epoch)

    def _site_km(self, epoch: Floats, site_moon_me_km: Floats) -> tuple[Floats, Floats]:
        matrix, spin = self._moon_orientation.from_inertial_with_spin(epoch)
        return _surface_state(self._relative_to_barycenter(self._moon, epoch), matrix, spin, site_moon_me_km)

    def _station_km(self, epoch: Floats, station_itrf_km: Floats) -> tuple[Floats, Floats]:
        matrix, spin = self._earth_orientation.from_inertial_with_spin(epoch)
        return _surface_state(self._earth_km(epoch), matrix, spin, station_itrf_km)

    def _relative_to_barycenter(self, body: SegmentChain, epoch: Floats) -> tuple[Floats, Floats]:
        (position, velocity), (origin, origin_rate) = (
            chain.evaluate_with_rate(epoch) for chain in (body, self._earth_moon)
        )
        return position + origin, velocity + origin_rate


Trajectory = Callable[[Floats], tuple[Floats, Floats]]
"""Epochs to barycentric position (km) and velocity (km/s) in J2000, each of shape (3, ...)."""


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


def _surface_state(
    center: tuple[Floats, Floats], matrix: Floats, spin: Floats, position_km: Floats
) -> tuple[Floats, Floats]:
    offset = position_km.reshape(3, *(1,) * (spin.ndim - 1))
    turning = np.cross(spin, offset, axis=0)
    return center[0] + rotate_back(matrix, offset), center[1] + rotate_back(matrix, turning)


def _receive(target: Trajectory, observer: tuple[Floats, Floats], matrix: Floats, epoch: Floats) -> ReceivedLeg:
    observer_km, observer_velocity_km_s = observer
    light_time_s = np.zeros_like(epoch)
    for _ in range(_LIGHT_TIME_STEPS + 1):
        target_km, target_velocity_km_s = target(epoch - light_time_s)
        vector_km = target_km - observer_km
        range_km = np.sqrt(np.sum(vector_km**2, axis=0))
        light_time_s = range_km / LIGHT_SPEED_KM_S
    direction = vector_km / range_km
    approach = np.sum(direction * target_velocity_km_s, axis=0)
    # d(range)/dt = û·(v_target (1 − d(range)/dt / c) − v_observer), solved for the rate.
    rate = (approach - np.sum(direction * observer_velocity_km_s, axis=0)) / (1.0 + approach / LIGHT_SPEED_KM_S)
    apparent = rotate(matrix, aberrated(vector_km, observer_velocity_km_s))
    return ReceivedLeg(apparent, range_km, rate, light_time_s)
