"""Turns a mission document's share of the payload service into its messages, and its faults back into paths."""

import re
from datetime import datetime

from malapert.payload.v1 import catalogue_pb2, request_pb2
from malapert.type.v1 import type_pb2
from malapert_core.errors import Fault
from malapert_core.timestamps import to_timestamp

from malapert_planner.mission_document.activities import ActivityStep, ActivityType, Instrument, Relation, Request
from malapert_planner.mission_document.checks import horizon_span
from malapert_planner.mission_document.document import MissionDocument
from malapert_planner.mission_document.figures import Confidence, Figure

CONFIDENCES = {
    Confidence.HIGH: type_pb2.CONFIDENCE_HIGH,
    Confidence.MEDIUM: type_pb2.CONFIDENCE_MEDIUM,
    Confidence.LOW: type_pb2.CONFIDENCE_LOW,
    Confidence.DERIVED: type_pb2.CONFIDENCE_DERIVED,
    Confidence.UNVERIFIED: type_pb2.CONFIDENCE_UNVERIFIED,
    Confidence.ASSUMPTION: type_pb2.CONFIDENCE_ASSUMPTION,
}
_OWN_NAMES = {"instrument_id": "instruments", "activity_type_id": "activity_types", "request_id": "requests"}
_NAMES = {
    "agency_id": "agency",
    "agency_ids": "agencies",
    "asset_id": "asset",
    "asset_ids": "assets",
    "place_ids": "places",
    "station_ids": "stations",
    "resource_ids": "assets[0].resources",
    "instrument_id": "instrument",
    "mode_id": "mode",
    "activity_type_id": "activity_type",
    "request_id": "request",
    "power_w": "power",
    "data_bit": "data",
    "data_rate_bps": "data_rate",
    "duration_s": "duration",
    "max_wait_s": "max_wait",
    "mass_kg": "mass",
    "period_s": "period",
    "tolerance_s": "tolerance",
    "min_lag_s": "min_lag",
    "max_lag_s": "max_lag",
    "start_time": "start",
    "end_time": "end",
}


def catalogue_request(
    document: MissionDocument, mission_version: int, *, validate_only: bool
) -> catalogue_pb2.ImportCatalogueRequest:
    """Return the import of a mission document's instruments, activity types and requests."""
    return catalogue_pb2.ImportCatalogueRequest(
        mission_id=document.mission.id,
        mission_version=mission_version,
        validate_only=validate_only,
        agency_ids=[agency.id for agency in document.agencies],
        asset_ids=[asset.id for asset in document.assets],
        place_ids=[waypoint.id for waypoint in document.waypoints],
        station_ids=document.stations,
        resource_ids=document.asset.resources,
        horizon=interval(*horizon_span(document)),
        instruments=[_instrument(instrument) for instrument in document.instruments],
        activity_types=[_activity_type(activity_type) for activity_type in document.activity_types],
        requests=[_request(request, document.mission.id) for request in document.requests],
    )


def document_fault(fault: Fault) -> Fault:
    """Return a fault of the payload service with the path that it has in the mission document."""
    parts = fault.path.split(".")
    named = [_document_name(part, parts[:index]) for index, part in enumerate(parts)]
    return Fault(".".join(part for part in named if part), fault.code, fault.message)


def interval(start_time: datetime, end_time: datetime) -> type_pb2.Interval:
    """Return a span as its message."""
    return type_pb2.Interval(start_time=to_timestamp(start_time), end_time=to_timestamp(end_time))


def figure_message(figure: Figure | None) -> type_pb2.Figure | None:
    """Return a figure in its class's unit as its message."""
    if figure is None:
        return None
    confidence = CONFIDENCES[figure.confidence] if figure.confidence else type_pb2.CONFIDENCE_UNSPECIFIED
    return type_pb2.Figure(value=figure.amount, unit=figure.unit, source=figure.source or "", confidence=confidence)


def _document_name(part: str, before: list[str]) -> str:
    name, index = re.fullmatch(r"([^\[]*)(.*)", part).groups()  # type: ignore[union-attr]
    parent = before[-1].partition("[")[0] if before else ""
    if name in ("mode_id", "step_id") and parent in ("modes", "steps"):
        return "id"
    if _OWN_NAMES.get(name) == parent and len(before) == 1:
        return "id"
    if name == "value" and parent in _NAMES:
        return ""
    return _NAMES.get(name, name) + index


def _confidence(part: Instrument | ActivityType) -> type_pb2.Confidence.ValueType:
    return CONFIDENCES[part.confidence] if part.confidence else type_pb2.CONFIDENCE_UNSPECIFIED


def _instrument(instrument: Instrument) -> catalogue_pb2.Instrument:
    return catalogue_pb2.Instrument(
        instrument_id=instrument.id,
        name=instrument.name,
        agency_id=instrument.agency,
        asset_id=instrument.asset,
        function=instrument.function,
        mass_kg=figure_message(instrument.mass),
        modes=[
            catalogue_pb2.InstrumentMode(
                mode_id=mode.id,
                title=mode.title,
                power_w=figure_message(mode.power),
                data_rate_bps=figure_message(mode.data_rate),
            )
            for mode in instrument.modes
        ],
        source=instrument.source or "",
        confidence=_confidence(instrument),
    )


def _activity_type(activity_type: ActivityType) -> catalogue_pb2.ActivityType:
    return catalogue_pb2.ActivityType(
        activity_type_id=activity_type.id,
        title=activity_type.title,
        asset_id=activity_type.asset,
        steps=[_step(step) for step in activity_type.steps],
        source=activity_type.source or "",
        confidence=_confidence(activity_type),
    )


def _step(step: ActivityStep) -> catalogue_pb2.ActivityStep:
    return catalogue_pb2.ActivityStep(
        step_id=step.id,
        title=step.title,
        duration_s=figure_message(step.duration),
        power_w=figure_message(step.power),
        data_bit=figure_message(step.data),
        instruments=[
            catalogue_pb2.InstrumentUse(instrument_id=use.instrument, mode_id=use.mode) for use in step.instruments
        ],
        resources=step.resources,
        conditions=[
            request_pb2.Condition(
                kind=request_pb2.ConditionKind.Value(f"CONDITION_KIND_{condition.kind.name}"),
                station_ids=condition.stations,
            )
            for condition in step.conditions
        ],
        min_start_charge=figure_message(step.min_start_charge),
        max_wait_s=figure_message(step.max_wait),
    )


def _request(request: Request, mission_id: str) -> request_pb2.ActivityRequest:
    message = request_pb2.ActivityRequest(
        request_id=request.id,
        mission_id=mission_id,
        title=request.title,
        activity_type_id=request.activity_type,
        agency_id=request.agency,
        value=request.value,
        mandatory=request.mandatory,
        place_ids=request.places,
        windows=[interval(window.start, window.end) for window in request.windows],
        relations=[_relation(relation) for relation in request.relations],
        visibility=type_pb2.Visibility.Value(f"VISIBILITY_{request.visibility.name}"),
    )
    if request.repetition is not None:
        message.repetition.count = request.repetition.count
        message.repetition.period_s = request.repetition.period.amount
        message.repetition.tolerance_s = request.repetition.tolerance.amount
    return message


def _relation(relation: Relation) -> request_pb2.Relation:
    return request_pb2.Relation(
        kind=request_pb2.RelationKind.Value(f"RELATION_KIND_{relation.kind.name}"),
        request_id=relation.request,
        min_lag_s=relation.min_lag.amount if relation.min_lag else 0.0,
        max_lag_s=relation.max_lag.amount if relation.max_lag else 0.0,
    )
