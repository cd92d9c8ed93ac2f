"""Searches the windows of places that reach stations through an orbiter, at once or by stored data."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from malapert_astro.clearances import AboveMask
from malapert_astro.masks import HorizonMask
from malapert_astro.motion import LIGHT_SPEED_KM_S
from malapert_astro.windows import intersect, normalise
from numpy.typing import NDArray

from malapert_comms_window.domain.links import RATE, link_quantities
from malapert_comms_window.domain.orbiter_links import RelayLink
from malapert_comms_window.domain.stations import Station
from malapert_comms_window.domain.windows import Edge, Predictability, Window, WindowKind
from malapert_comms_window.geometry.conditions import (
    EDGE_TOLERANCE_S,
    Condition,
    Found,
    SearchSpan,
    described,
    intervals_of,
    search,
)
from malapert_comms_window.geometry.orbiter_search import station_leg
from malapert_comms_window.geometry.orbiter_views import OrbiterView
from malapert_comms_window.geometry.place_views import PlaceView
from malapert_comms_window.geometry.profiles import Ends, Sampler, windows_of

Floats = NDArray[np.float64]

LATENCY_EDGE = "latency"
"""Limiting condition of an edge beyond which stored data would not be delivered within the latency limit."""


class Relay:
    """A place, an orbiter and stations.

    Parameters
    ----------
    place
        The place; its antenna looks for the orbiter.
    view
        The orbiter.
    link
        The radios.
    span
        The span.
    """

    def __init__(self, place: PlaceView, view: OrbiterView, link: RelayLink, span: SearchSpan) -> None:
        self._place, self._view, self._link, self._span = place, view, link, span
        self._path = view.paths.seen(place.site, view.orbit)
        error_deg = view.error_deg(self._path)
        self._conditions = [
            place.clears(self._path, error_deg),
            Condition("place_elevation", AboveMask(self._path, HorizonMask.flat(link.min_elevation_deg)), error_deg),
        ]

    def contacts(self) -> list[Window]:
        """Return the windows in which place and orbiter see each other."""
        return windows_of(WindowKind.RELAY_CONTACT, self._ends(), self._up, self._span, self._sample)

    def end_to_end(self, station: Station) -> list[Window]:
        """Return the windows in which the orbiter sees both the place and a station: data pass at the slower rate."""
        conditions, sample_down = station_leg(self._view, station, self._link.downlink)
        both = intersect(intervals_of(self._up), intervals_of(search(conditions, self._span)))
        found = described([*self._conditions, *conditions], both, self._span)
        sample = _both(self._sample, sample_down)
        return windows_of(WindowKind.RELAY_END_TO_END, self._ends(station.station_id), found, self._span, sample)

    def stored(self, stations: Sequence[Station]) -> list[Window]:
        """Return the windows in which what the place sends reaches a station within the longest latency."""
        down = normalise(np.concatenate([self._deliveries(station) for station in stations] or [np.empty((0, 2))]))
        if not len(down) or self._link.max_latency_s <= 0.0:
            return []
        reach = normalise(np.column_stack((down[:, 0] - self._link.max_latency_s, down[:, 1])))
        found = _cut(self._up, intersect(intervals_of(self._up), reach))

        def sample(epoch_s: Floats) -> dict[str, Floats]:
            quantities = self._sample(epoch_s)
            # The last sample of a window is its end, which may be the end of the delivery as well.
            following = np.searchsorted(down[:, 1], epoch_s - EDGE_TOLERANCE_S, side="right")
            following = np.minimum(following, len(down) - 1)
            wait_s = np.maximum(down[following, 0] - epoch_s, 0.0)
            return {**quantities, "latency_s": wait_s + quantities["light_time_s"]}

        return windows_of(WindowKind.STORE_AND_FORWARD, self._ends(), found, self._span, sample)

    @cached_property
    def _up(self) -> list[Found]:
        """Spans in which the place reaches the orbiter, searched once for all stations."""
        return search(self._conditions, self._span)

    def _deliveries(self, station: Station) -> Floats:
        """Return when the orbiter reaches a station at a rate that is not 0."""
        conditions, sample = station_leg(self._view, station, self._link.downlink)
        found = intervals_of(search(conditions, self._span))
        if not len(found):
            return found
        return found[sample(found.mean(axis=1))[RATE] > 0.0]

    def _sample(self, epoch_s: Floats) -> dict[str, Floats]:
        azimuth, elevation = self._path.direction_deg(epoch_s)
        range_km = np.linalg.norm(self._path.vector_km(epoch_s), axis=0)
        return {
            "elevation_deg": elevation,
            "azimuth_deg": azimuth,
            "range_km": range_km,
            "light_time_s": range_km / LIGHT_SPEED_KM_S,
            **link_quantities(self._link.uplink, self._link.orbiter_g_over_t_db_k, range_km),
        }

    def _ends(self, station_id: str = "") -> Ends:
        return Ends(self._place.horizon.place_id, station_id, self._view.orbiter.orbiter_id)


def _both(up: Sampler, down: Sampler) -> Sampler:
    """Return what holds along both legs at once: the slower rate, the sum of light times, the smaller margin."""

    def sample(epoch_s: Floats) -> dict[str, Floats]:
        first, second = up(epoch_s), down(epoch_s)
        light_time_s = first["light_time_s"] + second["light_time_s"]
        quantities = {
            "elevation_deg": first["elevation_deg"],
            "station_elevation_deg": second["station_elevation_deg"],
            "range_km": first["range_km"] + second["range_km"],
            "light_time_s": light_time_s,
            "latency_s": light_time_s,
            RATE: np.minimum(first[RATE], second[RATE]),
        }
        if "link_margin_db" in second:
            quantities["link_margin_db"] = np.minimum(first["link_margin_db"], second["link_margin_db"])
        return quantities

    return sample


def _cut(found: Sequence[Found], intervals: Floats) -> list[Found]:
    """Return what is left of windows in intervals that lie inside them."""
    cut = Edge(LATENCY_EDGE, 0.0, Predictability.PREDICTED)
    pieces = []
    for start_s, end_s in intervals:
        whole = next(each for each in found if each.start_tdb_s <= start_s and end_s <= each.end_tdb_s)
        start_edge = whole.start_edge if start_s == whole.start_tdb_s else cut
        end_edge = whole.end_edge if end_s == whole.end_tdb_s else cut
        pieces.append(Found(float(start_s), float(end_s), start_edge, end_edge, whole.predictability))
    return pieces
