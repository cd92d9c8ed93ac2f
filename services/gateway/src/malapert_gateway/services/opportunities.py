"""Search of the windows that could hold requests, by their predictions; comms-window is asked in parts."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from malapert.comms_window.v1 import opportunity_pb2, window_pb2
from malapert.payload.v1 import request_pb2
from malapert_core.errors import Fault, MalapertError, NotFoundError

QUERIES_AT_ONCE = 1000
"""Queries of one call; comms-window refuses more."""
MOST_LISTED = 100_000
"""Opportunities that are listed in all; of each prediction an equal share, at most the service's own 100."""
_USUAL_MOST = 100

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

Find = Callable[[opportunity_pb2.FindOpportunitiesRequest], Awaitable[opportunity_pb2.FindOpportunitiesResponse]]


@dataclass(frozen=True, slots=True)
class FoundOpportunities:
    """Opportunities in the order of the predictions, and why those of the last ones are missing."""

    window_set_id: str
    answers: Sequence[opportunity_pb2.OpportunityAnswer]
    faults: Sequence[Fault] = ()


async def find_opportunities(
    find: Find,
    mission_id: str,
    window_set_id: str,
    predictions: Sequence[request_pb2.RequestPrediction],
    deadline_s: float,
) -> FoundOpportunities:
    """Look for the windows that could hold requests; what cannot be looked for is told, and hides nothing else.

    Raises
    ------
    NotFoundError
        ``UNKNOWN_WINDOW_SET`` where a set is named that there is not.
    """
    answers: list[opportunity_pb2.OpportunityAnswer] = []
    found_id = window_set_id
    try:
        async with asyncio.timeout(deadline_s):
            for first in range(0, len(predictions), QUERIES_AT_ONCE):
                part = predictions[first : first + QUERIES_AT_ONCE]
                most = min(_USUAL_MOST, max(1, MOST_LISTED // len(predictions)))
                found = await find(await asyncio.to_thread(_request, mission_id, found_id, part, most))
                answers.extend(found.answers)
                found_id = found.window_set_id
                if not found_id:
                    break
    except NotFoundError:
        raise
    except MalapertError as error:
        return FoundOpportunities(found_id, answers, [_fault(len(answers), len(predictions), error)])
    except TimeoutError:
        late = Fault("opportunities", "DEADLINE_EXCEEDED", _missing(len(answers), len(predictions), "no time was left"))
        return FoundOpportunities(found_id, answers, [late])
    return FoundOpportunities(found_id, answers)


def _fault(done: int, wanted: int, error: MalapertError) -> Fault:
    why = "; ".join([error.message, *(f"{fault.path}: {fault.message}" for fault in error.faults[:3])])
    return Fault("opportunities", error.reason, _missing(done, wanted, why))


def _missing(done: int, wanted: int, why: str) -> str:
    return f"the windows of {wanted - done} of {wanted} predictions, from number {done} on, were not looked for: {why}"


def _request(
    mission_id: str, window_set_id: str, predictions: Iterable[request_pb2.RequestPrediction], most: int
) -> opportunity_pb2.FindOpportunitiesRequest:
    return opportunity_pb2.FindOpportunitiesRequest(
        mission_id=mission_id,
        window_set_id=window_set_id,
        most=most,
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
