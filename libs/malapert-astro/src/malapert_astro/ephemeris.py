"""Sun, Earth and ground stations seen from the lunar surface, and the lunar surface seen from the Earth.

Apparent directions carry light time (converged) and stellar aberration, no refraction: JPL Horizons' airless apparent
azimuth and elevation, SPICE's ``CN+S``.
"""

from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from malapert_astro.chebyshev import SegmentChain
from malapert_astro.frames import itrf93_orientation, moon_me_orientation, rotate
from malapert_astro.kernels import KernelRecord, KernelSet, installed_kernels, read_spk
from malapert_astro.motion import BodyMotion, State, received_km
from malapert_astro.times import TimeScale

Floats = NDArray[np.float64]

SUN_RADIUS_KM = 695_700.0
"""Nominal solar radius of IAU 2015 resolution B3."""

_SOLAR_SYSTEM, _EARTH_MOON, _SUN, _MOON, _EARTH = 0, 3, 10, 301, 399
_SUN_BEFORE_S, _EARTH_BEFORE_S = 499.0, 1.28
"""Nominal light times from the Sun and the Earth to the Moon, seconds, about which the light time is linearised in
`received_km`."""
_CENTER_KM = np.zeros(3)
# Light from the Sun takes 490–510 s to the Moon, so nothing is asked of a kernel earlier than this.
_LIGHT_TIME_MARGIN_S = 600.0


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

    @cached_property
    def earth_orientation_seams_tdb_s(self) -> list[float]:
        """TDB seconds past J2000 at which one Earth orientation file follows another: UT1 may jump by 0.1 s."""
        return self._earth_orientation.angles.seams_tdb_s()

    @cached_property
    def earth_prediction_start_tdb_s(self) -> float:
        """TDB seconds past J2000 from which on the Earth's orientation is predicted."""
        name = self.kernels.earth_high_precision_pck.name
        return max(each.end_s for each in self._earth_orientation.angles.segments if each.path.name == name)

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
        return self.at(epoch_tdb_s).sun_km(_CENTER_KM if site_moon_me_km is None else site_moon_me_km)

    def apparent_earth_km(self, epoch_tdb_s: ArrayLike, site_moon_me_km: Floats | None = None) -> Floats:
        """Return the apparent vector of the Earth's centre from a lunar site; parameters as of `apparent_sun_km`."""
        return self.at(epoch_tdb_s).earth_km(_CENTER_KM if site_moon_me_km is None else site_moon_me_km)

    def at(self, epoch_tdb_s: ArrayLike) -> "Moments":
        """Return what is seen at epochs, TDB seconds past J2000, any shape."""
        return Moments(self, np.asarray(epoch_tdb_s, dtype=np.float64))

    def sun_state(self, epoch: Floats) -> State:
        """Return the state of the Sun's centre."""
        return State(*self._sun.evaluate_with_rate(epoch))

    def earth_state(self, epoch: Floats) -> State:
        """Return the state of the Earth's centre."""
        return self._state(self._earth, epoch)

    def moon_motion(self, epoch: Floats) -> BodyMotion:
        """Return the Moon's motion, with MOON_ME as its fixed axes."""
        return BodyMotion(self._state(self._moon, epoch), *self._moon_orientation.from_inertial_with_spin(epoch))

    def earth_motion(self, epoch: Floats) -> BodyMotion:
        """Return the Earth's motion, with ITRF93 as its fixed axes."""
        return BodyMotion(self.earth_state(epoch), *self._earth_orientation.from_inertial_with_spin(epoch))

    def _state(self, body: SegmentChain, epoch: Floats) -> State:
        position_km, velocity_km_s = body.evaluate_with_rate(epoch)
        origin_km, origin_velocity_km_s = self._earth_moon.evaluate_with_rate(epoch)
        return State(origin_km + position_km, origin_velocity_km_s + velocity_km_s)

    def _moon_km(self, epoch: Floats) -> Floats:
        return self._earth_moon.evaluate(epoch) + self._moon.evaluate(epoch)


class Moments:
    """Apparent directions at a set of epochs; the bodies are evaluated once, however many points are asked for.

    Every method returns apparent vectors, km, shape (3, ...), whose length is the light path, and raises
    EphemerisSpanError for an epoch that the kernels do not cover.

    Parameters
    ----------
    ephemeris
        Gives the bodies.
    epoch_tdb_s
        Epochs of reception, TDB seconds past J2000, any shape.
    """

    def __init__(self, ephemeris: Ephemeris, epoch_tdb_s: Floats) -> None:
        self._ephemeris = ephemeris
        self._epoch = epoch_tdb_s

    def sun_km(self, site_moon_me_km: Floats) -> Floats:
        """Return the Sun from a lunar site, in MOON_ME axes."""
        return self._seen_from_moon(site_moon_me_km, self._sun_before, _SUN_BEFORE_S)

    def earth_km(self, site_moon_me_km: Floats) -> Floats:
        """Return the Earth's centre from a lunar site, in MOON_ME axes."""
        center = self._ephemeris.earth_state(self._epoch - _EARTH_BEFORE_S)
        return self._seen_from_moon(site_moon_me_km, center, _EARTH_BEFORE_S)

    def station_km(self, site_moon_me_km: Floats, station_itrf_km: Floats) -> Floats:
        """Return a ground station from a lunar site, in MOON_ME axes."""
        return self._seen_from_moon(site_moon_me_km, self._earth_before.point(station_itrf_km), _EARTH_BEFORE_S)

    def site_km(self, station_itrf_km: Floats, site_moon_me_km: Floats) -> Floats:
        """Return a lunar site from a ground station, in ITRF93 axes."""
        site = self._moon_before.point(site_moon_me_km)
        return rotate(self._earth.from_inertial, received_km(self._earth.point(station_itrf_km), site, _EARTH_BEFORE_S))

    def _seen_from_moon(self, site_moon_me_km: Floats, target_before: State, before_s: float) -> Floats:
        vector_km = received_km(self._moon.point(site_moon_me_km), target_before, before_s)
        return rotate(self._moon.from_inertial, vector_km)

    @cached_property
    def _moon(self) -> BodyMotion:
        return self._ephemeris.moon_motion(self._epoch)

    @cached_property
    def _moon_before(self) -> BodyMotion:
        return self._ephemeris.moon_motion(self._epoch - _EARTH_BEFORE_S)

    @cached_property
    def _earth(self) -> BodyMotion:
        return self._ephemeris.earth_motion(self._epoch)

    @cached_property
    def _earth_before(self) -> BodyMotion:
        return self._ephemeris.earth_motion(self._epoch - _EARTH_BEFORE_S)

    @cached_property
    def _sun_before(self) -> State:
        return self._ephemeris.sun_state(self._epoch - _SUN_BEFORE_S)


def sun_angular_radius_deg(distance_km: ArrayLike) -> Floats:
    """Return the angular radius of the Sun at a distance, degrees: arcsin(695,700 km / distance)."""
    return np.asarray(np.degrees(np.arcsin(SUN_RADIUS_KM / np.asarray(distance_km, dtype=np.float64))))
