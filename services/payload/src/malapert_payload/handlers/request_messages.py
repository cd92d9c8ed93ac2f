"""Requests as messages."""

from malapert.payload.v1 import request_pb2
from malapert_core.rpc.mapping import to_domain, to_message

from malapert_payload.domain.requests.request import ActivityRequest


def request_of(message: request_pb2.ActivityRequest, mission_id: str) -> ActivityRequest:
    """Return what a team asks for; where it stands is this service's to say. The mission may be left to the call."""
    request = to_domain(message, ActivityRequest, mission_id=message.mission_id or mission_id)
    return request.definition()


def request_message(request: ActivityRequest) -> request_pb2.ActivityRequest:
    """Return the message of a request with its history."""
    message = to_message(request, request_pb2.ActivityRequest)
    message.plan_id = request.standing.plan_id
    message.done_count = len(request.standing.done)
    return message
