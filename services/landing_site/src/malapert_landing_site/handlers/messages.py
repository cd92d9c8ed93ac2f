"""Domain values from and to protobuf messages."""

from __future__ import annotations

from malapert.landing_site.v1 import terrain_pb2
from malapert.type.v1 import type_pb2
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.timestamps import to_timestamp

from malapert_landing_site.domain.maps import UNITS, Map
from malapert_landing_site.domain.provenance import Provenance
from malapert_landing_site.domain.rim import RimPolicy, RimSetting
from malapert_landing_site.domain.terrain import Place, Region, Terrain, TerrainStack


def place_of(point: type_pb2.SurfacePoint) -> Place:
    """Return the place that a message states; longitudes from 180 to 360 are turned to the west."""
    longitude_deg = point.longitude_deg - 360.0 if 180.0 < point.longitude_deg <= 360.0 else point.longitude_deg
    return Place(longitude_deg, point.latitude_deg, point.elevation_m)


def point_message(place: Place) -> type_pb2.SurfacePoint:
    """Return the message of a place."""
    return type_pb2.SurfacePoint(
        longitude_deg=place.longitude_deg, latitude_deg=place.latitude_deg, elevation_m=place.elevation_m
    )


def region_of(region: terrain_pb2.Region) -> Region:
    """Return the region that a message states."""
    return Region(place_of(region.center), region.radius_m)


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
    policy = request.rim_policy or terrain_pb2.RIM_POLICY_REPORT
    name = terrain_pb2.RimPolicy.Name(policy).removeprefix("RIM_POLICY_").lower()
    return RimSetting(RimPolicy(name), request.max_rim_step_m, request.blend_width_m)


def provenance_message(provenance: Provenance) -> type_pb2.Provenance:
    """Return the message of a provenance."""
    return type_pb2.Provenance(
        inputs=[
            type_pb2.InputRecord(kind=record.kind, name=record.name, content_hash=record.content_hash)
            for record in provenance.inputs
        ],
        parameters=provenance.parameters,
        software=provenance.software,
        created_time=to_timestamp(provenance.created_time),
        synthetic_terrain=provenance.synthetic_terrain,
        notes=provenance.notes,
    )


def terrain_message(terrain: Terrain) -> terrain_pb2.Terrain:
    """Return the message of a terrain."""
    geometry = terrain.geometry
    return terrain_pb2.Terrain(
        terrain_id=terrain.terrain_id,
        title=terrain.title,
        crs=geometry.crs,
        content_hash=terrain.content_hash,
        width_px=geometry.width_px,
        height_px=geometry.height_px,
        pixel_size_m=geometry.pixel_size_m,
        x_min_m=geometry.x_min_m,
        y_min_m=geometry.y_min_m,
        x_max_m=geometry.x_max_m,
        y_max_m=geometry.y_max_m,
        elevation_min_m=terrain.elevation_min_m,
        elevation_max_m=terrain.elevation_max_m,
        no_data_fraction=terrain.no_data_fraction,
        source=terrain.source,
        synthetic=terrain.synthetic,
        owner_agency_id=terrain.owner_agency_id,
        created_time=to_timestamp(terrain.created_time),
        notes=terrain.notes,
    )


def stack_message(stack: TerrainStack) -> terrain_pb2.TerrainStack:
    """Return the message of a stack."""
    region = terrain_pb2.Region(center=point_message(stack.region.center), radius_m=stack.region.radius_m)
    return terrain_pb2.TerrainStack(
        terrain_stack_id=stack.terrain_stack_id,
        terrains=[terrain_message(terrain) for terrain in stack.terrains],
        region=region,
        synthetic=stack.synthetic,
        notes=stack.notes,
    )


def map_message(drawn: Map) -> terrain_pb2.GetMapLayerResponse:
    """Return the message of a map layer."""
    geometry = drawn.geometry
    return terrain_pb2.GetMapLayerResponse(
        data=drawn.values.astype("<f4").tobytes(),
        width_px=geometry.width_px,
        height_px=geometry.height_px,
        x_min_m=geometry.x_min_m,
        y_max_m=geometry.y_max_m,
        pixel_size_m=geometry.pixel_size_m,
        unit=UNITS.get(drawn.layer, ""),
        provenance=provenance_message(drawn.provenance),
    )
