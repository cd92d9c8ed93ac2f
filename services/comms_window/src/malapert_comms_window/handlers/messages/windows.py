"""Requests for windows as domain values."""

from dataclasses import replace

from malapert.comms_window.v1 import window_pb2
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.rpc.enum_filters import wanted_values
from malapert_core.rpc.mapping import named, to_domain

from malapert_comms_window.domain.window_requests import Place, WindowRequest
from malapert_comms_window.domain.windows import Predictability, WindowFilter, WindowKind
from malapert_comms_window.handlers.messages.shared import western_deg
from malapert_comms_window.handlers.messages.stations import station_of


def window_kind_of(number: int) -> WindowKind | None:
    """Return the domain's kind of window, None where it is not stated or not known."""
    return named(WindowKind, window_pb2.WindowKind.DESCRIPTOR, number)


def window_request_of(message: window_pb2.ComputeWindowsRequest) -> WindowRequest:
    """Return the domain's request; nothing is checked here."""
    places, stations = map(_place_of, message.places), map(station_of, message.own_stations)
    return to_domain(message, WindowRequest, places=tuple(places), own_stations=tuple(stations))


def _place_of(message: window_pb2.Place) -> Place:
    place = to_domain(message, Place)
    return replace(place, longitude_deg=western_deg(place.longitude_deg))


def window_filter_of(message: window_pb2.ListWindowsRequest) -> WindowFilter:
    """Return which windows are meant.

    Raises
    ------
    InvalidInputError
        ``INVALID_WINDOW_FILTER`` where a kind is not known.
    """
    kinds = [window_kind_of(number) for number in message.kinds]
    faults = [
        Fault(f"kinds[{index}]", "UNKNOWN_KIND", f"{message.kinds[index]} is no kind of window")
        for index, kind in enumerate(kinds)
        if kind is None
    ]
    if faults:
        raise InvalidInputError("INVALID_WINDOW_FILTER", "a kind of window is not known", faults=faults)
    predictabilities = wanted_values(
        Predictability, message.predictabilities, window_pb2.Predictability.DESCRIPTOR, "predictabilities"
    )
    return to_domain(message, WindowFilter, kinds=tuple(kinds), predictabilities=predictabilities)
