"""Windows and sets of them as messages, and requests for them as domain values."""

from collections.abc import Iterable

from malapert.comms_window.v1 import window_pb2
from malapert.type.v1 import type_pb2
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.timestamps import to_timestamp

from malapert_comms_window.domain.links import LinkTerminal
from malapert_comms_window.domain.stations import Station
from malapert_comms_window.domain.window_requests import Place, WindowRequest
from malapert_comms_window.domain.windows import (
    Provenance,
    Window,
    WindowFilter,
    WindowKind,
    WindowSet,
    WindowSummary,
)
from malapert_comms_window.handlers.shared_messages import (
    confidence_message,
    figure_message,
    interval_message,
    interval_of,
)

_KIND_OF = {window_pb2.WindowKind.Value(f"WINDOW_KIND_{kind.name}"): kind for kind in WindowKind}
_KIND_MESSAGE = {kind: value for value, kind in _KIND_OF.items()}


def station_message(station: Station) -> window_pb2.Station:
    """Return the message of a station."""
    return window_pb2.Station(
        station_id=station.station_id,
        name=station.name,
        agency_id=station.agency_id,
        operator=station.operator,
        latitude_deg=station.latitude_deg,
        longitude_deg=station.longitude_deg,
        height_m=station.height_m,
        height_datum=station.height_datum,
        dish_m=station.dish_m,
        min_elevation_deg=figure_message(station.min_elevation_deg),
        bands=[
            window_pb2.StationBand(band=entry.band, g_over_t_db_k=figure_message(entry.g_over_t_db_k))
            for entry in station.bands
        ],
        setup_s=figure_message(station.setup_s),
        teardown_s=figure_message(station.teardown_s),
        cost_per_hour=figure_message(station.cost_per_hour),
        source=station.source,
        confidence=confidence_message(station.confidence),
    )


def window_request_of(message: window_pb2.ComputeWindowsRequest) -> WindowRequest:
    """Return the domain's request; nothing is checked here."""
    start, end = interval_of(message.span)
    return WindowRequest(
        mission_id=message.mission_id,
        terrain_stack_id=message.terrain_stack_id,
        places=tuple(
            Place(place.place_id, place.point.longitude_deg, place.point.latitude_deg, place.point.elevation_m)
            for place in message.places
        ),
        station_ids=tuple(message.station_ids),
        start_time=start,
        end_time=end,
        terminal=_terminal_of(message.terminal) if message.HasField("terminal") else None,
        array_height_m=message.array_height_m,
        antenna_height_m=message.antenna_height_m,
        profile_step_s=message.profile_step_s,
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
    return WindowFilter(kinds, tuple(message.place_ids), tuple(message.station_ids), message.without_profiles)


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
        predictability=window_pb2.Predictability.Value(f"PREDICTABILITY_{window.predictability.name}"),
    )


def window_set_message(window_set: WindowSet) -> window_pb2.WindowSet:
    """Return the message of a set."""
    return window_pb2.WindowSet(
        window_set_id=window_set.window_set_id,
        request=_request_message(window_set.request),
        summaries=_summary_messages(window_set.summaries),
        provenance=_provenance_message(window_set.provenance),
    )


def _terminal_of(message: window_pb2.LinkTerminal) -> LinkTerminal:
    return LinkTerminal(
        band=message.band,
        frequency_hz=message.frequency_hz,
        eirp_dbw=message.eirp_dbw,
        required_eb_n0_db=message.required_eb_n0_db,
        margin_db=message.margin_db,
        losses_db=message.losses_db,
        rate_steps_bps=tuple(message.rate_steps_bps),
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
        terminal=None if terminal is None else _terminal_message(terminal),
        array_height_m=request.array_height_m,
        antenna_height_m=request.antenna_height_m,
        profile_step_s=request.profile_step_s,
    )


def _terminal_message(terminal: LinkTerminal) -> window_pb2.LinkTerminal:
    return window_pb2.LinkTerminal(
        band=terminal.band,
        frequency_hz=terminal.frequency_hz,
        eirp_dbw=terminal.eirp_dbw,
        required_eb_n0_db=terminal.required_eb_n0_db,
        margin_db=terminal.margin_db,
        losses_db=terminal.losses_db,
        rate_steps_bps=terminal.rate_steps_bps,
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
