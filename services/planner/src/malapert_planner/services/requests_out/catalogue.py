"""Turns a mission document's share of the payload service into its messages, and its faults back into paths."""

import re

from malapert.payload.v1 import catalogue_pb2, science_pb2
from malapert_core.errors import Fault

from malapert_planner.mission_document.assets import IN_ORBIT
from malapert_planner.mission_document.checks import horizon_span, known_stations
from malapert_planner.mission_document.document import MissionDocument
from malapert_planner.services.requests_out.item_messages import (
    activity_type_message,
    figure_message,
    instrument_message,
    resource_message,
)
from malapert_planner.services.requests_out.request_messages import interval, request_message

_OWN_NAMES = {
    "instrument_id": "instruments",
    "activity_type_id": "activity_types",
    "request_id": "requests",
    "place_set_id": "place_sets",
    "request_set_id": "request_sets",
}
_PART_NAMES = {
    "mode_id": "modes",
    "step_id": "steps",
    "parameter_id": "parameters",
    "preset_id": "presets",
    "product_id": "products",
    "resource_id": "resources",
}
_NAMES = {
    "agency_id": "agency",
    "agency_ids": "agencies",
    "permitted_agency_ids": "permitted_agencies",
    "asset_id": "asset",
    "asset_ids": "assets",
    "place_ids": "places",
    "place_set_id": "place_set",
    "station_ids": "stations",
    "orbiter_ids": "orbiters",
    "calendar_ids": "calendars",
    "resource_ids": "assets[0].resources",
    "mobility_resource_ids": "drive_rule.resources",
    "resources": "resources",
    "resource_id": "resource",
    "agency_shares": "agencies",
    "instrument_id": "instrument",
    "mode_id": "mode",
    "mode_ids": "modes",
    "other_mode_ids": "other_modes",
    "from_mode_id": "from_mode",
    "to_mode_id": "to_mode",
    "activity_type_id": "activity_type",
    "request_id": "request",
    "request_ids": "requests",
    "parameter_id": "parameter",
    "preset_id": "preset",
    "product_id": "product",
    "default_value": "default",
    "power_w": "power",
    "peak_power_w": "peak_power",
    "data_bit": "data",
    "data_rate_bps": "data_rate",
    "duration_s": "duration",
    "min_duration_s": "min_duration",
    "max_duration_s": "max_duration",
    "min_temperature_k": "min_temperature",
    "max_temperature_k": "max_temperature",
    "min_survival_temperature_k": "min_survival_temperature",
    "max_survival_temperature_k": "max_survival_temperature",
    "azimuth_deg": "azimuth",
    "elevation_deg": "elevation",
    "tolerance_deg": "tolerance",
    "sun_exclusion_deg": "sun_exclusion",
    "max_wait_s": "max_wait",
    "max_latency_s": "max_latency",
    "mass_kg": "mass",
    "least_sun_fraction": "least_sun",
    "period_s": "period",
    "largest_gap_s": "largest_gap",
    "tolerance_s": "tolerance",
    "min_lag_s": "min_lag",
    "max_lag_s": "max_lag",
    "every_s": "every",
    "interior_flux_w_m2": "interior_flux",
    "even_loss_kg_m2": "even_loss",
    "start_time": "start",
    "end_time": "end",
}


def catalogue_request(
    document: MissionDocument, mission_version: int, *, validate_only: bool
) -> catalogue_pb2.ImportCatalogueRequest:
    """Return the import of a mission document's instruments, activity types and requests."""
    return catalogue_pb2.ImportCatalogueRequest(
        mission_id=document.mission.id,
        mission_version=mission_version,
        validate_only=validate_only,
        agency_ids=[agency.id for agency in document.agencies],
        asset_ids=[asset.id for asset in document.assets],
        place_ids=[waypoint.id for waypoint in document.waypoints],
        station_ids=known_stations(document),
        orbiter_ids=[asset.id for asset in document.assets if asset.kind in IN_ORBIT],
        calendar_ids=[calendar.id for calendar in document.calendars],
        resource_ids=mission_resource_ids(document),
        mobility_resource_ids=document.drive_rule.resources,
        resources=[resource_message(resource) for asset in document.assets for resource in asset.amounts],
        place_sets=[
            catalogue_pb2.PlaceSet(place_set_id=places.id, place_ids=places.places) for places in document.place_sets
        ],
        request_sets=[
            catalogue_pb2.RequestSet(
                request_set_id=group.id, title=group.title, request_ids=group.requests, count=group.count
            )
            for group in document.request_sets
        ],
        agency_shares=[
            science_pb2.AgencyShare(agency_id=agency.id, share=figure_message(agency.share))
            for agency in document.agencies
            if agency.share is not None
        ],
        science=_science(document),
        horizon=interval(*horizon_span(document)),
        instruments=[instrument_message(instrument) for instrument in document.instruments],
        activity_types=[activity_type_message(activity_type) for activity_type in document.activity_types],
        requests=[request_message(request, document.mission.id) for request in document.requests],
    )


def mission_resource_ids(document: MissionDocument) -> list[str]:
    """Return the unary resources that belong to the mission's assets, not to an instrument."""
    return list(dict.fromkeys(name for asset in document.assets for name in asset.resources))


def document_fault(fault: Fault) -> Fault:
    """Return a fault of the payload service with the path that it has in the mission document."""
    parts = fault.path.split(".")
    named = [_document_name(part, parts[:index]) for index, part in enumerate(parts)]
    return Fault(".".join(part for part in named if part), fault.code, fault.message)


def _science(document: MissionDocument) -> science_pb2.ScienceModel | None:
    model = document.science
    if model is None:
        return None
    return science_pb2.ScienceModel(
        further_stop_factor=figure_message(model.further_stop_factor),
        stop_tags=model.stop_tags,
        ice_tags=model.ice_tags,
        ice_gain=figure_message(model.ice_gain),
        albedo=figure_message(model.albedo),
        emissivity=figure_message(model.emissivity),
        interior_flux_w_m2=figure_message(model.interior_flux),
        scattered_share=figure_message(model.scattered_share),
        even_loss_kg_m2=figure_message(model.even_loss),
    )


def _document_name(part: str, before: list[str]) -> str:
    name, index = re.fullmatch(r"([^\[]*)(.*)", part).groups()  # type: ignore[union-attr]
    parent = before[-1].partition("[")[0] if before else ""
    if _PART_NAMES.get(name) == parent or (_OWN_NAMES.get(name) == parent and len(before) == 1):
        return "id"
    if name == "value" and parent in _NAMES and parent != "arguments":
        return ""
    return _NAMES.get(name, name) + index
