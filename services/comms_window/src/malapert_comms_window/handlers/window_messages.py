"""Windows and sets of them as messages, and requests for them as domain values."""

from collections.abc import Iterable

from malapert.comms_window.v1 import window_pb2
from malapert.type.v1 import type_pb2
from malapert_core.enum_filters import wanted_values
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.timestamps import to_timestamp

from malapert_comms_window.domain.window_requests import Place, WindowRequest
from malapert_comms_window.domain.windows import (
    Edge,
    Predictability,
    Provenance,
    Window,
    WindowFilter,
    WindowKind,
    WindowSet,
    WindowSummary,
)
from malapert_comms_window.handlers.link_messages import (
    key_link_message,
    key_link_of,
    optical_link_message,
    optical_link_of,
    optical_rules_message,
    optical_rules_of,
    orbiter_link_message,
    orbiter_link_of,
    relay_message,
    relay_of,
    terminal_message,
    terminal_of,
)
from malapert_comms_window.handlers.shared_messages import interval_message, interval_of, western_deg
from malapert_comms_window.handlers.station_messages import station_message, station_of

_KIND_OF = {window_pb2.WindowKind.Value(f"WINDOW_KIND_{kind.name}"): kind for kind in WindowKind}
_KIND_MESSAGE = {kind: value for value, kind in _KIND_OF.items()}


def window_kind_of(value: window_pb2.WindowKind.ValueType) -> WindowKind | None:
    """Return the domain's kind of window, None where it is not stated or not known."""
    return _KIND_OF.get(value)


def window_request_of(message: window_pb2.ComputeWindowsRequest) -> WindowRequest:
    """Return the domain's request; nothing is checked here."""
    start, end = interval_of(message.span)
    return WindowRequest(
        mission_id=message.mission_id,
        terrain_stack_id=message.terrain_stack_id,
        places=tuple(
            Place(
                place.place_id,
                western_deg(place.point.longitude_deg),
                place.point.latitude_deg,
                place.point.elevation_m,
            )
            for place in message.places
        ),
        station_ids=tuple(message.station_ids),
        start_time=start,
        end_time=end,
        terminal=terminal_of(message.terminal) if message.HasField("terminal") else None,
        array_height_m=message.array_height_m,
        antenna_height_m=message.antenna_height_m,
        profile_step_s=message.profile_step_s,
        relays=tuple(relay_of(relay) for relay in message.relays),
        orbiters=tuple(orbiter_link_of(link) for link in message.orbiters),
        conjunction_angle_deg=message.conjunction_angle_deg,
        optical=optical_rules_of(message.optical) if message.HasField("optical") else None,
        key_links=tuple(key_link_of(link) for link in message.key_links),
        clock_error_s=message.clock_error_s,
        own_stations=tuple(station_of(station) for station in message.own_stations),
        on_sphere=message.on_sphere,
        optical_links=tuple(optical_link_of(link) for link in message.optical_links),
    )


def window_filter_of(message: window_pb2.ListWindowsRequest) -> WindowFilter:
    """Return which windows are meant.

    Raises
    ------
    InvalidInputError
        ``INVALID_WINDOW_FILTER`` where a kind is not known.
    """
    faults = [
        Fault(f"kinds[{index}]", "UNKNOWN_KIND", f"{kind} is no kind of window")
        for index, kind in enumerate(message.kinds)
        if kind not in _KIND_OF
    ]
    if faults:
        raise InvalidInputError("INVALID_WINDOW_FILTER", "a kind of window is not known", faults=faults)
    kinds = tuple(_KIND_OF[kind] for kind in message.kinds)
    return WindowFilter(
        kinds,
        tuple(message.place_ids),
        tuple(message.station_ids),
        message.without_profiles,
        tuple(message.orbiter_ids),
        wanted_values(
            Predictability, message.predictabilities, window_pb2.Predictability.DESCRIPTOR, "predictabilities"
        ),
    )


def window_message(window: Window) -> window_pb2.Window:
    """Return the message of a window with the profiles that it carries."""
    return window_pb2.Window(
        window_id=window.window_id,
        kind=_KIND_MESSAGE[window.kind],
        place_id=window.place_id,
        station_id=window.station_id,
        interval=interval_message(window.start_time, window.end_time),
        profiles=[
            window_pb2.Profile(
                quantity=profile.quantity, offset_s=profile.offset_s.tolist(), value=profile.value.tolist()
            )
            for profile in window.profiles
        ],
        predictability=_predictability_message(window.predictability),
        orbiter_id=window.orbiter_id,
        start_edge=_edge_message(window.start_edge),
        end_edge=_edge_message(window.end_edge),
    )


def _edge_message(edge: Edge | None) -> window_pb2.WindowEdge | None:
    if edge is None:
        return None
    return window_pb2.WindowEdge(
        limited_by=edge.limited_by,
        error_s=edge.error_s,
        predictability=_predictability_message(edge.predictability),
        cause=window_pb2.EdgeCause.Value(f"EDGE_CAUSE_{edge.cause.name}"),
    )


def _predictability_message(value: Predictability) -> window_pb2.Predictability.ValueType:
    return window_pb2.Predictability.Value(f"PREDICTABILITY_{value.name}")


def window_set_message(window_set: WindowSet) -> window_pb2.WindowSet:
    """Return the message of a set."""
    return window_pb2.WindowSet(
        window_set_id=window_set.window_set_id,
        request=_request_message(window_set.request),
        summaries=_summary_messages(window_set.summaries),
        provenance=_provenance_message(window_set.provenance),
    )


def _request_message(request: WindowRequest) -> window_pb2.ComputeWindowsRequest:
    terminal = request.terminal
    return window_pb2.ComputeWindowsRequest(
        mission_id=request.mission_id,
        terrain_stack_id=request.terrain_stack_id,
        places=[
            window_pb2.Place(
                place_id=place.place_id,
                point=type_pb2.SurfacePoint(
                    longitude_deg=place.longitude_deg, latitude_deg=place.latitude_deg, elevation_m=place.elevation_m
                ),
            )
            for place in request.places
        ],
        station_ids=request.station_ids,
        span=interval_message(request.start_time, request.end_time),
        terminal=None if terminal is None else terminal_message(terminal),
        array_height_m=request.array_height_m,
        antenna_height_m=request.antenna_height_m,
        profile_step_s=request.profile_step_s,
        relays=[relay_message(relay) for relay in request.relays],
        orbiters=[orbiter_link_message(link) for link in request.orbiters],
        conjunction_angle_deg=request.conjunction_angle_deg,
        optical=None if request.optical is None else optical_rules_message(request.optical),
        key_links=[key_link_message(link) for link in request.key_links],
        clock_error_s=request.clock_error_s,
        own_stations=[station_message(station) for station in request.own_stations],
        on_sphere=request.on_sphere,
        optical_links=[optical_link_message(link) for link in request.optical_links],
    )


def _summary_messages(summaries: Iterable[WindowSummary]) -> list[window_pb2.WindowSummary]:
    return [
        window_pb2.WindowSummary(
            kind=_KIND_MESSAGE[summary.kind],
            place_id=summary.place_id,
            station_id=summary.station_id,
            count=summary.count,
            total_s=summary.total_s,
            longest_s=summary.longest_s,
            longest_gap_s=summary.longest_gap_s,
            volume_bit=summary.volume_bit,
            orbiter_id=summary.orbiter_id,
        )
        for summary in summaries
    ]


def _provenance_message(provenance: Provenance) -> type_pb2.Provenance:
    return type_pb2.Provenance(
        inputs=[
            type_pb2.InputRecord(kind=record.kind, name=record.name, content_hash=record.content_hash)
            for record in provenance.inputs
        ],
        parameters=provenance.parameters,
        software=provenance.software,
        created_time=to_timestamp(provenance.created_time),
        synthetic_terrain=provenance.synthetic_terrain,
        notes=provenance.notes,
    )
