"""Stations and outages as domain values; nothing is checked here."""

from dataclasses import replace

from malapert.comms_window.v1 import outage_pb2, window_pb2
from malapert_core.rpc.mapping import named, to_domain
from malapert_core.vocabulary.content_hash import bytes_hash

from malapert_comms_window.domain.outages import OutageKind
from malapert_comms_window.domain.stations import Station
from malapert_comms_window.handlers.messages.shared import western_deg
from malapert_comms_window.services.book.outages import OutageRequest


def station_of(message: window_pb2.Station) -> Station:
    """Return the domain's station; figures that are unset have no unit."""
    station = to_domain(message, Station)
    return replace(station, longitude_deg=western_deg(station.longitude_deg))


def outage_request_of(message: outage_pb2.AddOutageRequest) -> OutageRequest:
    """Return the domain's request for an outage; the kind is None where it is not known."""
    request_hash = bytes_hash(message.SerializeToString(deterministic=True))
    kind = named(OutageKind, outage_pb2.OutageKind.DESCRIPTOR, message.kind)
    return to_domain(message, OutageRequest, request_hash=request_hash, kind=kind)
