"""The gRPC face of stations and outages: translation only."""

from typing import Any

from malapert.comms_window.v1 import outage_pb2, outage_pb2_grpc, window_pb2, window_pb2_grpc
from malapert.type.v1 import type_pb2
from malapert_core.policy.identity import require_identity
from malapert_core.rpc.enum_filters import wanted_values
from malapert_core.rpc.mapping import to_message
from malapert_core.rpc.paging import cursor_key, decode_cursor, encode_cursor, next_cursor, page_size_of
from malapert_core.timestamps import format_time, parse_time

from malapert_comms_window.domain.figures import Confidence
from malapert_comms_window.domain.outages import OutageKind
from malapert_comms_window.domain.stations import StationFilter
from malapert_comms_window.handlers.messages.contacts import contact_message
from malapert_comms_window.handlers.messages.shared import interval_of
from malapert_comms_window.handlers.messages.stations import outage_request_of, station_of
from malapert_comms_window.services.book.outages import OutageService
from malapert_comms_window.services.ports import Clock
from malapert_comms_window.services.registry.ownership import StationOwners
from malapert_comms_window.services.registry.stations import StationService


class StationHandlers(window_pb2_grpc.StationServiceServicer):
    """Serves the station catalogue."""

    def __init__(self, stations: StationService) -> None:
        self._stations = stations

    async def ListStations(  # noqa: N802
        self, request: window_pb2.ListStationsRequest, context: Any
    ) -> window_pb2.ListStationsResponse:
        """List stations by identifier."""
        size = page_size_of(request.page.page_size)
        after = cursor_key(request.page.page_token)
        wanted = StationFilter(
            after,
            wanted_values(Confidence, request.confidences, type_pb2.Confidence.DESCRIPTOR, "confidences"),
            wanted_values(Confidence, request.bands_confidences, type_pb2.Confidence.DESCRIPTOR, "bands_confidences"),
        )
        found = await self._stations.page(wanted, size + 1)
        return window_pb2.ListStationsResponse(
            stations=[to_message(station, window_pb2.Station) for station in found[:size]],
            next_page_token=next_cursor(found, size, lambda row: row.station_id),
        )

    async def GetStation(  # noqa: N802
        self, request: window_pb2.GetStationRequest, context: Any
    ) -> window_pb2.GetStationResponse:
        """Return one station."""
        return window_pb2.GetStationResponse(
            station=to_message(await self._stations.get(request.station_id), window_pb2.Station)
        )

    async def PutStation(  # noqa: N802
        self, request: window_pb2.PutStationRequest, context: Any
    ) -> window_pb2.PutStationResponse:
        """Add or change a station."""
        station = await self._stations.put(station_of(request.station), require_identity())
        return window_pb2.PutStationResponse(station=to_message(station, window_pb2.Station))

    async def RemoveStation(  # noqa: N802
        self, request: window_pb2.RemoveStationRequest, context: Any
    ) -> window_pb2.RemoveStationResponse:
        """Take a station, or what was changed of one, away."""
        left = await self._stations.remove(request.station_id, request.version, require_identity())
        return window_pb2.RemoveStationResponse(station=None if left is None else to_message(left, window_pb2.Station))


class OutageHandlers(outage_pb2_grpc.OutageServiceServicer):
    """Serves outages."""

    def __init__(self, outages: OutageService, owners: StationOwners, clock: Clock) -> None:
        self._outages = outages
        self._owners = owners
        self._clock = clock

    async def AddOutage(  # noqa: N802
        self, request: outage_pb2.AddOutageRequest, context: Any
    ) -> outage_pb2.AddOutageResponse:
        """Put an outage on an antenna."""
        effect = await self._outages.add(outage_request_of(request), require_identity())
        now = self._clock()
        return outage_pb2.AddOutageResponse(
            outage=to_message(effect.outage, outage_pb2.Outage),
            cancelled=[contact_message(contact, now, self._owners) for contact in effect.cancelled],
            moved=[contact_message(contact, now, self._owners) for _, contact in effect.moved],
            moved_from=[before for before, _ in effect.moved],
        )

    async def RemoveOutage(  # noqa: N802
        self, request: outage_pb2.RemoveOutageRequest, context: Any
    ) -> outage_pb2.RemoveOutageResponse:
        """Take an outage away."""
        outage = await self._outages.remove(request.outage_id, require_identity())
        return outage_pb2.RemoveOutageResponse(outage=to_message(outage, outage_pb2.Outage))

    async def ListOutages(  # noqa: N802
        self, request: outage_pb2.ListOutagesRequest, context: Any
    ) -> outage_pb2.ListOutagesResponse:
        """List outages in order of their start."""
        size = page_size_of(request.page.page_size)
        after = None
        if request.page.page_token:
            time, outage_id = decode_cursor(request.page.page_token, length=2)
            after = (parse_time(time), outage_id)
        span = interval_of(request.span) if request.HasField("span") else None
        kinds = wanted_values(OutageKind, request.kinds, outage_pb2.OutageKind.DESCRIPTOR, "kinds")
        found = await self._outages.page(request.station_id, kinds, span, after, size + 1)
        last = found[size - 1] if len(found) > size else None
        return outage_pb2.ListOutagesResponse(
            outages=[to_message(outage, outage_pb2.Outage) for outage in found[:size]],
            next_page_token=encode_cursor(format_time(last.start_time), last.outage_id) if last else "",
        )
