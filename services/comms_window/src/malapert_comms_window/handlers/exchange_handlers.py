"""The gRPC face of tracking data: translation only."""

from typing import Any

from malapert.comms_window.v1 import exchange_pb2, exchange_pb2_grpc
from malapert_astro.times import utc_datetime
from malapert_core.policy.identity import require_identity
from malapert_core.rpc.mapping import to_message

from malapert_comms_window.handlers.messages.shared import interval_message
from malapert_comms_window.services.registry.exchange import ExchangeService, ObservationSummary


class ExchangeHandlers(exchange_pb2_grpc.ExchangeServiceServicer):
    """Serves tracking data."""

    def __init__(self, exchange: ExchangeService) -> None:
        self._exchange = exchange

    async def ReadTrackingData(  # noqa: N802
        self, request: exchange_pb2.ReadTrackingDataRequest, context: Any
    ) -> exchange_pb2.ReadTrackingDataResponse:
        """Say what is in a message."""
        tdm, found = await self._exchange.read(request.content, require_identity().agency_id)
        return exchange_pb2.ReadTrackingDataResponse(
            version=tdm.version,
            originator=tdm.originator,
            segments=[
                exchange_pb2.TrackingSegment(
                    participants=[
                        segment.metadata[f"PARTICIPANT_{number}"]
                        for number in range(1, 6)
                        if f"PARTICIPANT_{number}" in segment.metadata
                    ],
                    metadata=segment.metadata,
                    observations=[_summary_message(summary) for summary in observed],
                )
                for segment, observed in zip(tdm.segments, found, strict=True)
            ],
        )

    async def PredictTrackingData(  # noqa: N802
        self, request: exchange_pb2.PredictTrackingDataRequest, context: Any
    ) -> exchange_pb2.PredictTrackingDataResponse:
        """Write what a station is predicted to observe."""
        content = await self._exchange.predicted(request.window_set_id, request.window_id, xml=request.xml)
        return exchange_pb2.PredictTrackingDataResponse(content=content)


def _summary_message(summary: ObservationSummary) -> exchange_pb2.ObservationSummary:
    span = summary.span_utc_s
    interval = None if span is None else interval_message(*map(utc_datetime, span))
    return to_message(summary, exchange_pb2.ObservationSummary, span=interval)
