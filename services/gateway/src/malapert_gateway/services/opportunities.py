"""Queries for opportunities that predictions of requests put to comms-window."""

from collections.abc import Iterable, Iterator

from malapert.comms_window.v1 import opportunity_pb2, window_pb2
from malapert.payload.v1 import request_pb2

_KINDS = {
    request_pb2.CONDITION_KIND_ILLUMINATION: window_pb2.WINDOW_KIND_ILLUMINATION,
    request_pb2.CONDITION_KIND_DARKNESS: window_pb2.WINDOW_KIND_DARKNESS,
    request_pb2.CONDITION_KIND_EARTH_VISIBILITY: window_pb2.WINDOW_KIND_EARTH_VISIBILITY,
    request_pb2.CONDITION_KIND_CONTACT: window_pb2.WINDOW_KIND_CONTACT,
    request_pb2.CONDITION_KIND_RELAY_CONTACT: window_pb2.WINDOW_KIND_RELAY_CONTACT,
    request_pb2.CONDITION_KIND_ORBITER_CONTACT: window_pb2.WINDOW_KIND_ORBITER_CONTACT,
    request_pb2.CONDITION_KIND_OPTICAL_LINK: window_pb2.WINDOW_KIND_OPTICAL_LINK,
    request_pb2.CONDITION_KIND_KEY_LINK: window_pb2.WINDOW_KIND_KEY_LINK,
    request_pb2.CONDITION_KIND_ORBITER_SUNLIGHT: window_pb2.WINDOW_KIND_ORBITER_ECLIPSE,
}
"""Window kind of each condition; a calendar has no windows in comms-window."""


def opportunities_request(
    mission_id: str, window_set_id: str, predictions: Iterable[request_pb2.RequestPrediction]
) -> opportunity_pb2.FindOpportunitiesRequest:
    """Return the search for windows that could hold requests."""
    return opportunity_pb2.FindOpportunitiesRequest(
        mission_id=mission_id,
        window_set_id=window_set_id,
        queries=[
            opportunity_pb2.OpportunityQuery(
                key=prediction.request_id,
                steps=[
                    opportunity_pb2.OpportunityStep(
                        duration_s=step.duration_s, max_wait_s=step.max_wait_s, conditions=_conditions(step.conditions)
                    )
                    for step in prediction.steps
                ],
                place_ids=prediction.place_ids,
                spans=prediction.windows,
            )
            for prediction in predictions
        ],
    )


def _conditions(conditions: Iterable[request_pb2.Condition]) -> Iterator[opportunity_pb2.OpportunityCondition]:
    for condition in conditions:
        kind = _KINDS.get(condition.kind)
        if kind is not None:
            # An orbiter is in sunlight outside of its eclipses.
            turned = condition.kind == request_pb2.CONDITION_KIND_ORBITER_SUNLIGHT
            yield opportunity_pb2.OpportunityCondition(
                kind=kind,
                station_ids=condition.station_ids,
                orbiter_ids=condition.orbiter_ids,
                outside=condition.outside != turned,
            )
