"""Searches links of light: a station at night sees a place or an orbiter, away from the Moon, and keys over it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from malapert_astro.clearances import separation_deg
from malapert_astro.fitted_paths import FittedPath
from malapert_astro.motion import LIGHT_SPEED_KM_S
from malapert_astro.points import Body
from numpy.typing import NDArray

from malapert_comms_window.domain.keys import key_rates, path_loss_db
from malapert_comms_window.domain.orbiter_links import KeyLink, OpticalLink, OpticalRules
from malapert_comms_window.domain.stations import Station
from malapert_comms_window.domain.windows import KEY_RATE, Profile, Window, WindowKind
from malapert_comms_window.geometry.conditions import SearchSpan, search
from malapert_comms_window.geometry.orbiter_views import OrbiterView
from malapert_comms_window.geometry.place_views import PlaceView
from malapert_comms_window.geometry.profiles import Ends, windows_of
from malapert_comms_window.geometry.station_views import (
    apart,
    moon_path,
    night,
    position_of,
    rises,
    sun_path,
)

Floats = NDArray[np.float64]


def search_optical_links(view: PlaceView, station: Station, rules: OpticalRules, span: SearchSpan) -> list[Window]:
    """Return the windows in which an optical station at night and a place see each other."""
    paths = view.paths
    down, up, to_sun = (
        paths.seen(position_of(station), view.site),
        paths.seen(view.site, position_of(station)),
        sun_path(station, paths),
    )
    conditions = [
        rises(station, down, paths, least_deg=rules.min_elevation_deg),
        night(to_sun, rules.max_sun_elevation_deg),
        view.clears(up),
    ]

    def sample(epoch_s: Floats) -> dict[str, Floats]:
        return {**_seen(down, to_sun, epoch_s), "elevation_deg": up.elevation_deg(epoch_s)}

    ends = Ends(view.horizon.place_id, station.station_id)
    return windows_of(WindowKind.OPTICAL_LINK, ends, search(conditions, span), span, sample)


def search_optical_passes(view: OrbiterView, station: Station, link: OpticalLink, span: SearchSpan) -> list[Window]:
    """Return the passes of an orbiter over an optical station at night, away from the Moon."""
    passes = _Passes(view, station)
    return passes.search(WindowKind.OPTICAL_LINK, link, span, passes.seen)


def search_key_links(view: OrbiterView, station: Station, link: KeyLink, span: SearchSpan) -> list[Window]:
    """Return the passes of a source of keys over a station that give a key, with the rate of secret bits.

    The rate is for a clear sky; the expected rate is that by the chance of one. A pass with too few sifted bits gives
    none and is left out.
    """
    passes = _Passes(view, station)
    clear = link.clear_sky.get(station.station_id, 1.0)

    def sample(epoch_s: Floats) -> dict[str, Floats]:
        seen = passes.seen(epoch_s)
        loss_db = path_loss_db(link.source, seen["range_km"], seen["station_elevation_deg"])
        rates = key_rates(link.source, loss_db)
        return {
            **seen,
            "loss_db": loss_db,
            "qber": rates.error_share,
            "sifted_rate_bps": rates.sifted_bps,
            "key_rate_bps": rates.secret_bps,
            KEY_RATE: rates.secret_bps * clear,
        }

    found = passes.search(WindowKind.KEY_LINK, link, span, sample)
    return [each for each in found if _integral(each, "sifted_rate_bps") >= link.source.least_sifted_bits]


class _Passes:
    """Passes of an orbiter over an optical station."""

    def __init__(self, view: OrbiterView, station: Station) -> None:
        paths = view.paths
        self._view, self._station = view, station
        self._down = paths.seen(position_of(station), view.orbit)
        self._to_sun, self._to_moon = sun_path(station, paths), moon_path(station, paths)

    def search(
        self,
        kind: WindowKind,
        link: OpticalLink | KeyLink,
        span: SearchSpan,
        sample: Callable[[Floats], dict[str, Floats]],
    ) -> list[Window]:
        """Return the passes that a link's rules allow, with profiles of what is sampled in them."""
        view, rules = self._view, link.rules
        conditions = [
            rises(
                self._station,
                self._down,
                view.paths,
                error_deg=view.error_deg(self._down),
                least_deg=rules.min_elevation_deg,
            ),
            night(self._to_sun, rules.max_sun_elevation_deg),
            apart(
                "moon_separation",
                self._station,
                view.paths,
                (view.orbit, Body.MOON),
                rules.min_moon_separation_deg,
            ),
        ]
        if link.needs_shadow:
            conditions.append(view.shadowed())
        ends = Ends(station_id=self._station.station_id, orbiter_id=view.orbiter.orbiter_id)
        fine = replace(span, profile_step_s=min(span.profile_step_s, view.step_s / 4.0))
        return windows_of(kind, ends, search(conditions, span), fine, sample)

    def seen(self, epoch_s: Floats) -> dict[str, Floats]:
        """Return what the station sees of the orbiter."""
        separation = separation_deg(self._down.vector_km(epoch_s), self._to_moon.vector_km(epoch_s))
        return {**_seen(self._down, self._to_sun, epoch_s), "moon_separation_deg": separation}


def _seen(down: FittedPath, to_sun: FittedPath, epoch_s: Floats) -> dict[str, Floats]:
    azimuth, elevation = down.direction_deg(epoch_s)
    range_km = np.linalg.norm(down.vector_km(epoch_s), axis=0)
    return {
        "station_elevation_deg": elevation,
        "station_azimuth_deg": azimuth,
        "range_km": range_km,
        "light_time_s": range_km / LIGHT_SPEED_KM_S,
        "station_sun_elevation_deg": to_sun.elevation_deg(epoch_s),
    }


def _integral(window: Window, quantity: str) -> float:
    profile: Profile = next(each for each in window.profiles if each.quantity == quantity)
    return float(np.trapezoid(profile.value, profile.offset_s))
