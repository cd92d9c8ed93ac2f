"""Asks landing-site for skylines."""

from collections.abc import Sequence

import grpc
import numpy as np
from malapert.landing_site.v1 import site_pb2, site_pb2_grpc
from malapert.type.v1 import type_pb2
from malapert_core.errors import InternalError
from malapert_core.rpc.mapping import to_domain, to_message

from malapert_comms_window.domain.horizons import Horizon, HorizonSet
from malapert_comms_window.domain.window_requests import Place

HORIZON_SERVICE = "malapert.landing_site.v1.HorizonService"
_BATCH = 8
_TIMEOUT_S = 300.0


class LandingSiteClient:
    """Skylines over gRPC, a few places at a time.

    Parameters
    ----------
    channel : grpc.aio.Channel
        A channel of the core to landing-site.
    """

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = site_pb2_grpc.HorizonServiceStub(channel)

    async def horizons(self, terrain_stack_id: str, places: Sequence[Place], height_m: float) -> HorizonSet:
        """Return the skylines at places for an eye at a height above ground.

        Raises
        ------
        MalapertError
            What landing-site refuses, such as ``UNKNOWN_TERRAIN_STACK``; ``UNAVAILABLE`` where it does not answer.
        """
        parts = [
            await self._batch(terrain_stack_id, places[first : first + _BATCH], height_m)
            for first in range(0, len(places), _BATCH)
        ]
        return HorizonSet(
            horizons=tuple(horizon for part in parts for horizon in part.horizons),
            inputs=tuple(dict.fromkeys(record for part in parts for record in part.inputs)),
            synthetic_terrain=any(part.synthetic_terrain for part in parts),
            notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
        )

    async def _batch(self, terrain_stack_id: str, places: Sequence[Place], height_m: float) -> HorizonSet:
        request = site_pb2.GetHorizonProfilesRequest(
            terrain_stack_id=terrain_stack_id,
            points=[to_message(place, type_pb2.SurfacePoint) for place in places],
            height_m=height_m,
        )
        response = await self._stub.GetHorizonProfiles(request, timeout=_TIMEOUT_S)
        if len(response.profiles) != len(places):
            message = f"landing-site gave {len(response.profiles)} skylines for {len(places)} places"
            raise InternalError("WRONG_SKYLINE_COUNT", message)
        horizons = tuple(_horizon(place, profile) for place, profile in zip(places, response.profiles, strict=True))
        return to_domain(response.provenance, HorizonSet, horizons=horizons)


def _horizon(place: Place, profile: site_pb2.HorizonProfile) -> Horizon:
    return Horizon(
        place_id=place.place_id,
        longitude_deg=place.longitude_deg,
        latitude_deg=place.latitude_deg,
        elevation_m=profile.point.elevation_m,
        height_m=profile.height_m,
        skyline_deg=np.array(profile.elevation_deg, dtype=np.float64),
        elevation_error_deg=profile.elevation_error_deg,
    )
