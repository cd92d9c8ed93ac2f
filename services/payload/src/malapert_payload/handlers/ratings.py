"""The science service: each method translates, calls one use case, and translates back."""

from typing import Any

from malapert.payload.v1 import science_pb2, science_pb2_grpc
from malapert_core.background import in_turns
from malapert_core.policy.identity import require_identity
from malapert_core.rpc.mapping import to_domain, to_message

from malapert_payload.domain.science.science import PlaceLight
from malapert_payload.services.ratings import RatingService


class ScienceServicer(science_pb2_grpc.ScienceServiceServicer):
    """Serves malapert.payload.v1.ScienceService."""

    def __init__(self, ratings: RatingService) -> None:
        self._ratings = ratings

    async def RateRequests(  # noqa: N802
        self, request: science_pb2.RateRequestsRequest, context: Any
    ) -> science_pb2.RateRequestsResponse:
        """Return what each request is worth at each place."""
        places = [to_domain(place, PlaceLight) for place in request.places]
        rating = await self._ratings.rate(request.mission_id, places, require_identity())
        return science_pb2.RateRequestsResponse(
            values=await in_turns(lambda rated: to_message(rated, science_pb2.RatedValue), rating.values),
            ice=(to_message(proxy, science_pb2.IceProxy) for proxy in rating.ice),
            stops=(to_message(stop, science_pb2.MarginalStop) for stop in rating.stops),
            notes=rating.notes,
        )
