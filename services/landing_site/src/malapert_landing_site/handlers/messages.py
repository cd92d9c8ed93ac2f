"""Domain values from and to protobuf messages."""

from __future__ import annotations

from malapert.landing_site.v1 import terrain_pb2
from malapert.type.v1 import type_pb2
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.rpc.mapping import named, to_domain, to_message

from malapert_landing_site.domain.maps import UNITS, Map
from malapert_landing_site.domain.rim import RimPolicy, RimSetting
from malapert_landing_site.domain.terrain import Place, Region, Terrain, TerrainStack


def place_of(point: type_pb2.SurfacePoint) -> Place:
    """Return the place that a message states; longitudes from 180 to 360 are turned to the west."""
    longitude_deg = point.longitude_deg - 360.0 if 180.0 < point.longitude_deg <= 360.0 else point.longitude_deg
    return Place(longitude_deg, point.latitude_deg, point.elevation_m)


def region_of(region: terrain_pb2.Region) -> Region:
    """Return the region that a message states."""
    return to_domain(region, Region, center=place_of(region.center))


def rim_setting_of(request: terrain_pb2.CreateTerrainStackRequest) -> RimSetting:
    """Return what is to be done about rims; unstated means that steps are reported.

    Raises
    ------
    InvalidInputError
        UNKNOWN_RIM_POLICY.
    """
    if request.rim_policy not in terrain_pb2.RimPolicy.values():
        message = f"{request.rim_policy} is no policy; 1 reports, 2 blends, 3 refuses"
        fault = Fault("rim_policy", "UNKNOWN_RIM_POLICY", message)
        raise InvalidInputError("UNKNOWN_RIM_POLICY", message, faults=[fault])
    policy = named(RimPolicy, terrain_pb2.RimPolicy.DESCRIPTOR, request.rim_policy) or RimPolicy.REPORT
    return to_domain(request, RimSetting, policy=policy)


def terrain_message(terrain: Terrain) -> terrain_pb2.Terrain:
    """Return the message of a terrain."""
    message = to_message(terrain, terrain_pb2.Terrain)
    message.MergeFrom(to_message(terrain.geometry, terrain_pb2.Terrain))
    return message


def stack_message(stack: TerrainStack) -> terrain_pb2.TerrainStack:
    """Return the message of a stack."""
    return to_message(stack, terrain_pb2.TerrainStack, terrains=map(terrain_message, stack.terrains))


def map_message(drawn: Map) -> terrain_pb2.GetMapLayerResponse:
    """Return the message of a map layer."""
    message = to_message(drawn, terrain_pb2.GetMapLayerResponse, data=drawn.values.astype("<f4").tobytes())
    message.MergeFrom(to_message(drawn.geometry, terrain_pb2.GetMapLayerResponse))
    message.unit = UNITS.get(drawn.layer, "")
    return message
