"""Requests of a mission document as messages of the payload service."""

from datetime import datetime

from malapert.payload.v1 import request_pb2
from malapert.type.v1 import type_pb2
from malapert_core.rpc.mapping import to_message
from malapert_core.timestamps import to_timestamp
from malapert_core.vocabulary.interval import Interval

from malapert_planner.mission_document.activities import (
    Campaign,
    Decay,
    ParameterRange,
    Relation,
    Request,
    RequestMode,
    WhenMissed,
)
from malapert_planner.mission_document.quantities import Duration, Share
from malapert_planner.services.requests_out.item_messages import argument_messages


def interval(start_time: datetime, end_time: datetime) -> type_pb2.Interval:
    """Return a span as its message."""
    return to_message(Interval(start_time, end_time), type_pb2.Interval)


def request_message(request: Request, mission_id: str) -> request_pb2.ActivityRequest:
    """Return a request as its message."""
    message = request_pb2.ActivityRequest(
        request_id=request.id,
        mission_id=mission_id,
        title=request.title,
        activity_type_id=request.activity_type,
        activity_type_version=request.activity_type_version,
        agency_id=request.agency,
        value=request.value,
        mandatory=request.mandatory,
        preset_id=request.preset or "",
        arguments=argument_messages(request.arguments),
        tags=request.tags,
        place_ids=request.places,
        windows=[interval(window.start, window.end) for window in request.windows],
        relations=[_relation(relation) for relation in request.relations],
        campaign=_campaign(request.campaign),
        decay=_decay(request.decay),
        products=[
            request_pb2.ProductDemand(
                product_id=demand.product, priority=demand.priority, max_latency_s=_amount(demand.max_latency)
            )
            for demand in request.products
        ],
        modes=map(_mode, request.modes),
        visibility=type_pb2.Visibility.Value(f"VISIBILITY_{request.visibility.name}"),
    )
    if request.repetition is not None:
        message.repetition.count = request.repetition.count
        message.repetition.period_s = request.repetition.period.amount
        message.repetition.tolerance_s = request.repetition.tolerance.amount
        message.repetition.largest_gap_s = _amount(request.repetition.largest_gap)
        message.repetition.least_count = request.repetition.least_count or 0
        if request.repetition.when_missed is WhenMissed.SKIP:
            message.repetition.when_missed = request_pb2.WHEN_MISSED_SKIP
    return message


def _amount(figure: Duration | Share | None) -> float:
    return figure.amount if figure else 0.0


def _relation(relation: Relation) -> request_pb2.Relation:
    return request_pb2.Relation(
        kind=request_pb2.RelationKind.Value(f"RELATION_KIND_{relation.kind.name}"),
        request_id=relation.request,
        min_lag_s=_amount(relation.min_lag),
        max_lag_s=_amount(relation.max_lag),
    )


def _mode(mode: RequestMode) -> request_pb2.RequestMode:
    return request_pb2.RequestMode(
        mode_id=mode.id,
        preset_id=mode.preset or "",
        arguments=argument_messages(mode.arguments),
        share=_amount(mode.share),
        range=_range(mode.range),
    )


def _range(values: ParameterRange | None) -> request_pb2.ParameterRange | None:
    if values is None:
        return None
    return request_pb2.ParameterRange(
        parameter_id=values.parameter,
        lowest=values.lowest.amount,
        highest=values.in_its_unit(values.highest),
        step=values.in_its_unit(values.step) if values.step else 0.0,
        unit=values.lowest.unit_name,
        lowest_share=_amount(values.lowest_share),
    )


def _campaign(campaign: Campaign | None) -> request_pb2.Campaign | None:
    if campaign is None:
        return None
    return request_pb2.Campaign(
        place_ids=campaign.places,
        place_set_id=campaign.place_set or "",
        count=campaign.count or 0,
        share=_amount(campaign.share),
    )


def _decay(decay: Decay | None) -> request_pb2.ValueDecay | None:
    if decay is None:
        return None
    return request_pb2.ValueDecay(
        every_s=_amount(decay.every),
        factor=_amount(decay.factor),
        from_time=to_timestamp(decay.from_time) if decay.from_time else None,
        least_share=_amount(decay.least_share),
        repetition_factor=_amount(decay.repetition_factor),
    )
