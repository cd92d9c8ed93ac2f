"""Stations and outages as messages and as domain values; nothing is checked here."""

from malapert.comms_window.v1 import outage_pb2, window_pb2
from malapert.type.v1 import type_pb2
from malapert_core.hashing import bytes_hash

from malapert_comms_window.domain.figures import Figure
from malapert_comms_window.domain.outages import Outage, OutageKind
from malapert_comms_window.domain.stations import MaskPoint, Station, StationBand
from malapert_comms_window.handlers.shared_messages import (
    confidence_message,
    confidence_of,
    figure_message,
    interval_message,
    interval_of,
    western_deg,
)
from malapert_comms_window.services.outages import OutageRequest

_KIND_OF = {outage_pb2.OutageKind.Value(f"OUTAGE_KIND_{kind.name}"): kind for kind in OutageKind}


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
            window_pb2.StationBand(
                band=entry.band,
                g_over_t_db_k=None if entry.g_over_t_db_k is None else figure_message(entry.g_over_t_db_k),
            )
            for entry in station.bands
        ],
        setup_s=figure_message(station.setup_s),
        teardown_s=figure_message(station.teardown_s),
        cost_per_hour=figure_message(station.cost_per_hour),
        source=station.source,
        confidence=confidence_message(station.confidence),
        complex_name=station.complex_name,
        bands_confidence=confidence_message(station.bands_confidence),
        bands_note=station.bands_note,
        handover_s=figure_message(station.handover_s),
        mask=[
            window_pb2.MaskPoint(azimuth_deg=point.azimuth_deg, elevation_deg=point.elevation_deg)
            for point in station.mask
        ],
        mask_source=station.mask_source,
        version=station.version,
    )


def station_of(message: window_pb2.Station) -> Station:
    """Return the domain's station; figures that are unset have no unit."""
    return Station(
        station_id=message.station_id,
        name=message.name,
        complex_name=message.complex_name,
        agency_id=message.agency_id,
        operator=message.operator,
        latitude_deg=message.latitude_deg,
        longitude_deg=western_deg(message.longitude_deg),
        height_m=message.height_m,
        height_datum=message.height_datum,
        dish_m=message.dish_m,
        min_elevation_deg=_figure_of(message.min_elevation_deg),
        bands=tuple(
            StationBand(entry.band, _figure_of(entry.g_over_t_db_k) if entry.HasField("g_over_t_db_k") else None)
            for entry in message.bands
        ),
        bands_confidence=confidence_of(message.bands_confidence),
        bands_note=message.bands_note,
        setup_s=_figure_of(message.setup_s),
        teardown_s=_figure_of(message.teardown_s),
        cost_per_hour=_figure_of(message.cost_per_hour),
        handover_s=_figure_of(message.handover_s),
        source=message.source,
        confidence=confidence_of(message.confidence),
        mask=tuple(MaskPoint(point.azimuth_deg, point.elevation_deg) for point in message.mask),
        mask_source=message.mask_source,
        version=message.version,
    )


def outage_request_of(message: outage_pb2.AddOutageRequest) -> OutageRequest:
    """Return the domain's request for an outage; the kind is None where it is not known."""
    start, end = interval_of(message.interval)
    return OutageRequest(
        idempotency_key=message.idempotency_key,
        request_hash=bytes_hash(message.SerializeToString(deterministic=True)),
        station_id=message.station_id,
        start_time=start,
        end_time=end,
        kind=_KIND_OF.get(message.kind),
        reason=message.reason,
        move_contacts=message.move_contacts,
    )


def outage_message(outage: Outage) -> outage_pb2.Outage:
    """Return the message of an outage."""
    return outage_pb2.Outage(
        outage_id=outage.outage_id,
        station_id=outage.station_id,
        interval=interval_message(outage.start_time, outage.end_time),
        kind=outage_pb2.OutageKind.Value(f"OUTAGE_KIND_{outage.kind.name}"),
        reason=outage.reason,
        agency_id=outage.agency_id,
    )


def _figure_of(message: type_pb2.Figure) -> Figure:
    return Figure(message.value, message.unit, message.source, confidence_of(message.confidence))
