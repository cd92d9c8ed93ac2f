"""Request and expansion messages as domain values and back."""

from malapert.payload.v1 import request_pb2
from malapert.type.v1 import type_pb2
from malapert_core.timestamps import to_timestamp

from malapert_payload.domain.expansion import ActivityDraft, Expansion
from malapert_payload.domain.request import (
    ActivityRequest,
    Relation,
    RelationKind,
    Repetition,
    Visibility,
)
from malapert_payload.handlers.shared_messages import condition_message, interval_message, interval_of, known


def request_of(message: request_pb2.ActivityRequest, mission_id: str) -> ActivityRequest:
    """Return what a team asks for; where it stands is this service's to say. The mission may be left to the call."""
    return ActivityRequest(
        request_id=message.request_id,
        mission_id=message.mission_id or mission_id,
        title=message.title,
        activity_type_id=message.activity_type_id,
        agency_id=message.agency_id,
        value=message.value,
        mandatory=message.mandatory,
        place_ids=tuple(message.place_ids),
        windows=tuple(interval_of(window) for window in message.windows),
        relations=tuple(_relation_of(relation) for relation in message.relations),
        repetition=_repetition_of(message.repetition) if message.HasField("repetition") else None,
        visibility=known(Visibility, message.visibility),
    )


def request_message(request: ActivityRequest) -> request_pb2.ActivityRequest:
    """Return the message of a request with its history."""
    repetition = request.repetition
    return request_pb2.ActivityRequest(
        request_id=request.request_id,
        mission_id=request.mission_id,
        title=request.title,
        activity_type_id=request.activity_type_id,
        agency_id=request.agency_id,
        value=request.value,
        mandatory=request.mandatory,
        place_ids=request.place_ids,
        windows=[interval_message(window) for window in request.windows],
        relations=[_relation_message(relation) for relation in request.relations],
        repetition=_repetition_message(repetition) if repetition else None,
        visibility=type_pb2.Visibility.ValueType(request.visibility),
        state=request_pb2.RequestState.ValueType(request.state),
        history=[
            request_pb2.RequestChange(
                state=request_pb2.RequestState.ValueType(change.state),
                time=to_timestamp(change.time),
                agency_id=change.agency_id,
                reason=change.reason,
            )
            for change in request.history
        ],
        version=request.version,
    )


def expansion_message(expansion: Expansion) -> request_pb2.ExpandRequestsResponse:
    """Return the message of an expansion."""
    return request_pb2.ExpandRequestsResponse(
        activities=[_draft_message(draft) for draft in expansion.activities],
        relations=[
            request_pb2.ActivityRelation(
                kind=request_pb2.RelationKind.ValueType(relation.kind),
                request_id=relation.request_id,
                other_request_id=relation.other_request_id,
                min_lag_s=relation.min_lag_s,
                max_lag_s=relation.max_lag_s,
            )
            for relation in expansion.relations
        ],
        repetitions=[
            request_pb2.ActivityRepetition(
                request_id=repetition.request_id,
                period_s=repetition.period_s,
                tolerance_s=repetition.tolerance_s,
            )
            for repetition in expansion.repetitions
        ],
        content_hash=expansion.content_hash,
    )


def _relation_of(message: request_pb2.Relation) -> Relation:
    return Relation(known(RelationKind, message.kind), message.request_id, message.min_lag_s, message.max_lag_s)


def _relation_message(relation: Relation) -> request_pb2.Relation:
    return request_pb2.Relation(
        kind=request_pb2.RelationKind.ValueType(relation.kind),
        request_id=relation.request_id,
        min_lag_s=relation.min_lag_s,
        max_lag_s=relation.max_lag_s,
    )


def _repetition_of(message: request_pb2.Repetition) -> Repetition:
    return Repetition(message.count, message.period_s, message.tolerance_s)


def _repetition_message(repetition: Repetition) -> request_pb2.Repetition:
    return request_pb2.Repetition(
        count=repetition.count, period_s=repetition.period_s, tolerance_s=repetition.tolerance_s
    )


def _draft_message(draft: ActivityDraft) -> request_pb2.ActivityDraft:
    return request_pb2.ActivityDraft(
        activity_id=draft.activity_id,
        request_id=draft.request_id,
        activity_type_id=draft.activity_type_id,
        chain_id=draft.chain_id,
        chain_index=draft.chain_index,
        title=draft.title,
        agency_id=draft.agency_id,
        asset_id=draft.asset_id,
        value=draft.value,
        mandatory=draft.mandatory,
        duration_s=draft.duration_s,
        power_w=draft.power_w,
        data_bit=draft.data_bit,
        resource_ids=draft.resource_ids,
        place_ids=draft.place_ids,
        windows=[interval_message(window) for window in draft.windows],
        conditions=[condition_message(condition) for condition in draft.conditions],
        min_start_charge=draft.min_start_charge,
        max_wait_s=draft.max_wait_s,
        repetition_index=draft.repetition_index,
    )
