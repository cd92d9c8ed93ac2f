"""Searches the windows of one place: sunlight and darkness, the Earth, contacts with a station, the Sun beside it."""

import numpy as np
from malapert_astro.clearances import AngularSeparation, Negative
from malapert_astro.earth_stations import StationLink
from malapert_astro.motion import LIGHT_SPEED_KM_S
from malapert_astro.points import Body, StationPosition
from malapert_astro.windows import complement
from numpy.typing import NDArray

from malapert_comms_window.domain.links import LinkTerminal, link_quantities
from malapert_comms_window.domain.stations import Station
from malapert_comms_window.domain.windows import Window, WindowKind
from malapert_comms_window.geometry.conditions import Condition, SearchSpan, described, intervals_of, search
from malapert_comms_window.geometry.place_views import PlaceView
from malapert_comms_window.geometry.profiles import Ends, windows_of
from malapert_comms_window.geometry.station_views import rises

Floats = NDArray[np.float64]


def search_light(view: PlaceView, span: SearchSpan) -> list[Window]:
    """Return the illumination windows of a place, then its darkness windows, over the span."""

    def sample(epoch_s: Floats) -> dict[str, Floats]:
        sun = view.sun(epoch_s)
        return {
            "sun_fraction": view.sun_fraction(sun),
            "sun_elevation_deg": sun.elevation_deg,
            "sun_azimuth_deg": sun.azimuth_deg,
        }

    lit = search([view.lit()], span)
    dark = described([view.dark()], complement(intervals_of(lit), *span.tdb_s), span)
    ends = Ends(view.horizon.place_id)
    return [
        *windows_of(WindowKind.ILLUMINATION, ends, lit, span, sample),
        *windows_of(WindowKind.DARKNESS, ends, dark, span, sample),
    ]


def search_earth_visibility(view: PlaceView, span: SearchSpan) -> list[Window]:
    """Return the windows in which the Earth's centre is above the skyline of a place."""

    def sample(epoch_s: Floats) -> dict[str, Floats]:
        azimuth, elevation = view.earth(epoch_s)
        return {"elevation_deg": elevation, "azimuth_deg": azimuth}

    found = search([view.clears(view.earth_path)], span)
    return windows_of(WindowKind.EARTH_VISIBILITY, Ends(view.horizon.place_id), found, span, sample)


def search_contacts(view: PlaceView, station: Station, terminal: LinkTerminal, span: SearchSpan) -> list[Window]:
    """Return the windows in which a station and a place see each other.

    The site is at or above the station's mask as the station receives it, and the station's own direction clears the
    site's skyline as the site receives it, both at the same UTC.
    """
    position = StationPosition(station.longitude_deg, station.latitude_deg, station.height_m)
    link = StationLink(view.paths, view.site, position)

    def sample(epoch_s: Floats) -> dict[str, Floats]:
        path = link.geometry(epoch_s)
        return {
            "elevation_deg": path.site_elevation_deg,
            "azimuth_deg": path.site_azimuth_deg,
            "station_elevation_deg": path.station_elevation_deg,
            "station_azimuth_deg": path.station_azimuth_deg,
            "range_km": path.range_km,
            "range_rate_km_s": path.range_rate_km_s,
            "light_time_s": path.light_time_s,
            **link_quantities(terminal, station.g_over_t_db_k(terminal.band), path.range_km),
        }

    found = search([view.clears(link.from_site), rises(station, link.from_station, view.paths)], span)
    return windows_of(WindowKind.CONTACT, Ends(view.horizon.place_id, station.station_id), found, span, sample)


def search_conjunctions(view: PlaceView, station: Station, least_deg: float, span: SearchSpan) -> list[Window]:
    """Return the windows in which the Sun is nearer to a place than an angle, as a station sees both.

    Near conjunction the Sun's noise enters the antenna's beam.
    """
    position = StationPosition(station.longitude_deg, station.latitude_deg, station.height_m)
    to_site, to_sun = (view.paths.seen_inertial(position, each) for each in (view.site, Body.SUN))
    apart_deg = AngularSeparation(to_site, to_sun, 0.0)

    def sample(epoch_s: Floats) -> dict[str, Floats]:
        site_km = to_site.vector_km(epoch_s)
        return {
            "sun_separation_deg": apart_deg(epoch_s),
            "light_time_s": np.linalg.norm(site_km, axis=0) / LIGHT_SPEED_KM_S,
        }

    near = Condition("sun_separation", Negative(AngularSeparation(to_site, to_sun, least_deg)))
    ends = Ends(view.horizon.place_id, station.station_id)
    return windows_of(WindowKind.CONJUNCTION, ends, search([near], span), span, sample)
