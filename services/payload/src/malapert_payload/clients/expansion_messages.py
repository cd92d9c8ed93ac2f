"""Expansions as messages."""

from malapert.payload.v1 import request_pb2
from malapert_core.background import in_turns
from malapert_core.rpc.mapping import to_message

from malapert_payload.domain.catalogue.resource import Resource
from malapert_payload.domain.expansion.expansion import ActivityDraft, ActivityMode, Expansion


async def expansion_message(expansion: Expansion) -> request_pb2.ExpandRequestsResponse:
    """Return the message of an expansion."""
    return request_pb2.ExpandRequestsResponse(
        activities=await in_turns(_draft_message, expansion.activities),
        relations=await in_turns(lambda each: to_message(each, request_pb2.ActivityRelation), expansion.relations),
        repetitions=(to_message(item, request_pb2.ActivityRepetition) for item in expansion.repetitions),
        content_hash=expansion.content_hash,
        resources=map(_resource_message, expansion.resources),
        choices=(to_message(choice, request_pb2.ActivityChoice) for choice in expansion.choices),
        modes=map(_mode_message, expansion.modes),
    )


def _draft_message(draft: ActivityDraft) -> request_pb2.ActivityDraft:
    message, step = to_message(draft, request_pb2.ActivityDraft), draft.step
    message.duration_s, message.power_w, message.data_bit = step.duration_s, step.power_w, step.data_bit
    message.min_start_charge, message.max_wait_s = step.min_start_charge, step.max_wait_s
    message.resource_ids.extend(step.resource_ids)
    message.makes.extend(step.makes)  # type: ignore[arg-type]
    message.needs_quiet.extend(step.needs_quiet)  # type: ignore[arg-type]
    message.conditions.extend(to_message(condition, request_pb2.Condition) for condition in step.conditions)
    message.uses.extend(to_message(use, request_pb2.ActivityUse) for use in step.uses)
    return message


def _resource_message(resource: Resource) -> request_pb2.ActivityResource:
    return request_pb2.ActivityResource(
        resource_id=resource.resource_id,
        title=resource.title,
        kind=resource.kind.value,  # type: ignore[arg-type]
        capacity=resource.capacity.value if resource.capacity else 0.0,
        start=resource.start.value if resource.start else 0.0,
        unit=resource.unit,
    )


def _mode_message(mode: ActivityMode) -> request_pb2.ActivityMode:
    return request_pb2.ActivityMode(
        instrument_id=mode.use.instrument_id,
        mode_id=mode.use.mode_id,
        power_w=mode.power_w,
        data_rate_bps=mode.data_rate_bps,
        resource_ids=mode.resource_ids,
    )
