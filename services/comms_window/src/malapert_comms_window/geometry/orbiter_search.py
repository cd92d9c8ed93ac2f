"""Searches the windows of an orbiter itself: contacts with a station, eclipses, occultations."""

import numpy as np
from malapert_astro.motion import LIGHT_SPEED_KM_S
from malapert_astro.points import Body
from numpy.typing import NDArray

from malapert_comms_window.domain.links import LinkTerminal, link_quantities
from malapert_comms_window.domain.stations import Station
from malapert_comms_window.domain.windows import Window, WindowKind
from malapert_comms_window.geometry.conditions import Condition, SearchSpan, search
from malapert_comms_window.geometry.orbiter_views import OrbiterView, Shadow
from malapert_comms_window.geometry.profiles import Ends, Sampler, windows_of
from malapert_comms_window.geometry.station_views import position_of, rises

Floats = NDArray[np.float64]


def station_leg(view: OrbiterView, station: Station, terminal: LinkTerminal) -> tuple[list[Condition], Sampler]:
    """Return in what an orbiter and a station see each other, and the quantities along it."""
    path = view.paths.seen(position_of(station), view.orbit)
    conditions = [rises(station, path, view.paths, error_deg=view.error_deg(path))]
    if view.orbit.center is Body.MOON:
        conditions.append(view.beside_moon(position_of(station)))

    def sample(epoch_s: Floats) -> dict[str, Floats]:
        azimuth, elevation = path.direction_deg(epoch_s)
        _, range_km, range_rate_km_s = path.range_and_rate(epoch_s)
        return {
            "station_elevation_deg": elevation,
            "station_azimuth_deg": azimuth,
            "range_km": range_km,
            "range_rate_km_s": range_rate_km_s,
            "light_time_s": range_km / LIGHT_SPEED_KM_S,
            **link_quantities(terminal, station.g_over_t_db_k(terminal.band), range_km),
        }

    return conditions, sample


def search_orbiter_contacts(
    view: OrbiterView, station: Station, terminal: LinkTerminal, span: SearchSpan
) -> list[Window]:
    """Return the windows in which an orbiter is above a station's mask and the Moon does not hide it."""
    conditions, sample = station_leg(view, station, terminal)
    ends = Ends(station_id=station.station_id, orbiter_id=view.orbiter.orbiter_id)
    return windows_of(WindowKind.ORBITER_CONTACT, ends, search(conditions, span), span, sample)


def search_eclipses(view: OrbiterView, span: SearchSpan) -> list[Window]:
    """Return the windows in which Moon or Earth hides some of the Sun from an orbiter."""
    shadow = Shadow(view)

    def sample(epoch_s: Floats) -> dict[str, Floats]:
        return {"sun_fraction": shadow.sun_fraction(epoch_s)}

    ends = Ends(orbiter_id=view.orbiter.orbiter_id)
    return windows_of(WindowKind.ORBITER_ECLIPSE, ends, search([view.shadowed()], span), span, sample)


def search_occultations(view: OrbiterView, span: SearchSpan) -> list[Window]:
    """Return the windows in which the Moon hides an orbiter from the Earth's centre."""
    if view.orbit.center is not Body.MOON:
        return []
    path = view.paths.seen(view.orbit, Body.EARTH)

    def sample(epoch_s: Floats) -> dict[str, Floats]:
        return {"range_km": np.linalg.norm(path.vector_km(epoch_s), axis=0)}

    ends = Ends(orbiter_id=view.orbiter.orbiter_id)
    found = search([view.hidden_from_earth()], span)
    return windows_of(WindowKind.ORBITER_OCCULTATION, ends, found, span, sample)
