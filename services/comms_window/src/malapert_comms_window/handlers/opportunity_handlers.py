"""The gRPC face of opportunities: translation only."""

from typing import Any

from malapert.comms_window.v1 import opportunity_pb2, opportunity_pb2_grpc
from malapert_astro.times import utc_datetime, utc_seconds
from malapert_core.background import in_turns
from malapert_core.errors import InvalidInputError
from malapert_core.rpc.mapping import to_domain
from malapert_core.timestamps import to_timestamp

from malapert_comms_window.domain.opportunities import WantedCondition, WantedStep
from malapert_comms_window.handlers.messages.shared import interval_of
from malapert_comms_window.handlers.messages.windows import window_kind_of
from malapert_comms_window.services.windows.opportunities import Answer, OpportunityFinder, Query


class OpportunityHandlers(opportunity_pb2_grpc.OpportunityServiceServicer):
    """Serves opportunities."""

    def __init__(self, finder: OpportunityFinder) -> None:
        self._finder = finder

    async def FindOpportunities(  # noqa: N802
        self, request: opportunity_pb2.FindOpportunitiesRequest, context: Any
    ) -> opportunity_pb2.FindOpportunitiesResponse:
        """Find when chains of steps could start."""
        queries = await in_turns(_query_of, request.queries)
        window_set_id, answers = await self._finder.find(
            request.mission_id, request.window_set_id, queries, request.most
        )
        return opportunity_pb2.FindOpportunitiesResponse(
            window_set_id=window_set_id, answers=await in_turns(_answer_message, answers)
        )


def _query_of(message: opportunity_pb2.OpportunityQuery) -> Query:
    spans = [interval_of(span) for span in message.spans]
    return to_domain(
        message,
        Query,
        steps=tuple(map(_step_of, message.steps)),
        spans=tuple((utc_seconds(start), utc_seconds(end)) for start, end in spans),
    )


def _step_of(message: opportunity_pb2.OpportunityStep) -> WantedStep:
    return to_domain(message, WantedStep, conditions=tuple(map(_condition_of, message.conditions)))


def _condition_of(message: opportunity_pb2.OpportunityCondition) -> WantedCondition:
    kind = window_kind_of(message.kind)
    if kind is None:
        raise InvalidInputError("INVALID_OPPORTUNITY_QUERY", "a condition must state its kind of window")
    return to_domain(message, WantedCondition, kind=kind)


def _answer_message(answer: Answer) -> opportunity_pb2.OpportunityAnswer:
    return opportunity_pb2.OpportunityAnswer(
        key=answer.key,
        opportunities=[
            opportunity_pb2.Opportunity(
                place_id=found.place_id,
                first_start_time=to_timestamp(utc_datetime(found.first_s)),
                last_start_time=to_timestamp(utc_datetime(found.last_s)),
            )
            for found in answer.opportunities
        ],
        opportunity_count=answer.count,
    )
