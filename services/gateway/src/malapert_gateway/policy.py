"""The one place that decides what a caller may do and see.

`ROLES_BY_ACTION` names, for every route's operation id, the roles that may take it. The functions below add the rules
of ownership. Services receive the identity as well and hide what its agency may not see in their own listings.
"""

from collections.abc import Collection, Mapping

from malapert_core.errors import PermissionDeniedError
from malapert_core.policy.audience import Visibility
from malapert_core.policy.identity import Identity, Role

_EVERYBODY = frozenset({Role.VIEWER, Role.REQUESTER, Role.PLANNER, Role.APPROVER, Role.OPERATOR})
_TEAMS = frozenset({Role.REQUESTER, Role.PLANNER, Role.OPERATOR})
_PLANNERS = frozenset({Role.PLANNER, Role.OPERATOR})
_APPROVERS = frozenset({Role.APPROVER})
_OPERATING = _PLANNERS
"""Roles that operate an agency's own stations; comms-window checks that they are its own."""
_OPERATORS = frozenset({Role.OPERATOR})

ROLES_BY_ACTION: Mapping[str, frozenset[Role]] = {
    "who_am_i": _EVERYBODY,
    # missions
    "create_mission": _PLANNERS,
    "list_missions": _EVERYBODY,
    "get_mission_schema": _EVERYBODY,
    "get_mission": _EVERYBODY,
    "get_mission_version": _EVERYBODY,
    # terrain, sites, routes
    "register_terrain": _PLANNERS,
    "list_terrains": _EVERYBODY,
    "get_terrain": _EVERYBODY,
    "create_terrain_stack": _PLANNERS,
    "get_terrain_stack": _EVERYBODY,
    "get_map_layer": _EVERYBODY,
    "compute_products": _PLANNERS,
    "list_product_sets": _EVERYBODY,
    "get_product_set": _EVERYBODY,
    "get_product_set_stac": _EVERYBODY,
    "download_product": _EVERYBODY,
    "get_tile_matrix_set": _EVERYBODY,
    "get_product_tile": _EVERYBODY,
    "get_light_series": _EVERYBODY,
    "search_sites": _PLANNERS,
    "list_site_searches": _EVERYBODY,
    "get_site_search": _EVERYBODY,
    "get_site": _EVERYBODY,
    "export_site_search": _EVERYBODY,
    "scan_landing_dates": _EVERYBODY,
    "get_horizon_profiles": _EVERYBODY,
    "resolve_waypoints": _PLANNERS,
    "find_routes": _PLANNERS,
    "find_timed_route": _PLANNERS,
    # stations, windows, contacts
    "list_stations": _EVERYBODY,
    "get_station": _EVERYBODY,
    "compute_windows": _PLANNERS,
    "get_window_set": _EVERYBODY,
    "list_windows": _EVERYBODY,
    "list_contacts": _EVERYBODY,
    "reserve_contacts": _PLANNERS,
    "commit_contacts": _PLANNERS,
    "release_contacts": _PLANNERS,
    "reject_contacts": _OPERATING,
    "report_contact": _OPERATING,
    "list_alternates": _EVERYBODY,
    "export_contacts": _EVERYBODY,
    "read_schedule": _EVERYBODY,
    "export_window_events": _EVERYBODY,
    "predict_tracking_data": _EVERYBODY,
    "read_tracking_data": _EVERYBODY,
    "put_station": _OPERATING,
    "remove_station": _OPERATING,
    "list_outages": _EVERYBODY,
    "add_outage": _OPERATING,
    "remove_outage": _OPERATING,
    # orbiters and keys shared over their links
    "register_orbiter": _PLANNERS,
    "list_orbiters": _EVERYBODY,
    "get_orbiter": _EVERYBODY,
    "export_orbiter": _EVERYBODY,
    "record_keys": _PLANNERS,
    "list_key_stores": _EVERYBODY,
    "list_key_entries": _EVERYBODY,
    # instruments and requests
    "list_instruments": _EVERYBODY,
    "get_instrument": _EVERYBODY,
    "list_activity_types": _EVERYBODY,
    "get_schema": _EVERYBODY,
    "publish_instrument": _TEAMS,
    "list_instrument_versions": _EVERYBODY,
    "publish_activity_type": _TEAMS,
    "list_activity_type_versions": _EVERYBODY,
    "check_requests": _TEAMS,
    "import_requests": _TEAMS,
    "export_requests": _EVERYBODY,
    "rate_requests": _EVERYBODY,
    "revise_request": _TEAMS,
    "report_execution": _TEAMS,
    "list_executions": _EVERYBODY,
    "list_mission_executions": _EVERYBODY,
    "list_accounts": _EVERYBODY,
    "submit_requests": _TEAMS,
    "list_requests": _EVERYBODY,
    "get_request": _EVERYBODY,
    "cancel_request": _TEAMS,
    # plans
    "generate_plan": _PLANNERS,
    "list_plans": _EVERYBODY,
    "get_plan": _EVERYBODY,
    "export_plan": _EVERYBODY,
    "validate_plan": _EVERYBODY,
    "replan_plan": _PLANNERS,
    "import_plan": _PLANNERS,
    "compare_plans": _EVERYBODY,
    "explain_unplanned": _EVERYBODY,
    "submit_plan": _PLANNERS,
    "review_plan": _APPROVERS,
    "release_plan": _PLANNERS,
    "terminate_plan": _PLANNERS,
    # operations and events
    "list_operations": _EVERYBODY,
    "get_operation": _EVERYBODY,
    "watch_operation": _EVERYBODY,
    "cancel_operation": _PLANNERS,
    "watch_events": _EVERYBODY,
    # keys
    "create_key": _OPERATORS,
    "list_keys": _OPERATORS,
    "revoke_key": _OPERATORS,
}


def allowed_actions(identity: Identity) -> list[str]:
    """Return the actions that a caller's role may take, in order of their names."""
    return sorted(action for action, roles in ROLES_BY_ACTION.items() if identity.role in roles)


def require_role(action: str, identity: Identity) -> None:
    """Refuse an action that the caller's role may not take.

    Raises
    ------
    PermissionDeniedError
        ``FORBIDDEN``, naming the roles that may.
    """
    roles = ROLES_BY_ACTION[action]
    if identity.role in roles:
        return
    needed = ", ".join(role.name for role in Role if role in roles)
    raise PermissionDeniedError(
        "FORBIDDEN",
        f"{action} needs the role {needed}; this key has {identity.role.name}",
        metadata={"action": action, "needed_roles": needed, "role": identity.role.name},
    )


def require_agency(action: str, identity: Identity, owner_agency_ids: Collection[str]) -> None:
    """Refuse an action on what belongs to other agencies; an operator acts for every agency.

    Requests are handed in and withdrawn by their own agency, work is stopped by the agency that began it, and a plan is
    submitted, released or ended by the agency that had it made or that owns its mission.

    Raises
    ------
    PermissionDeniedError
        ``FORBIDDEN``, naming the agencies that may.
    """
    if identity.sees_all_agencies or identity.agency_id in owner_agency_ids:
        return
    owners = ", ".join(sorted(owner_agency_ids))
    raise PermissionDeniedError(
        "FORBIDDEN",
        f"{action} is for {owners} or an OPERATOR; this key speaks for {identity.agency_id}",
        metadata={"action": action, "owner_agency_ids": owners, "needed_roles": Role.OPERATOR.name},
    )


def may_see(
    identity: Identity, visibility: Visibility, owner_agency_id: str, mission_agency_ids: Collection[str]
) -> bool:
    """Tell whether a caller may see an event: public, of a mission of its agency, or its agency's own."""
    if identity.sees_all_agencies or visibility is Visibility.PUBLIC or identity.agency_id == owner_agency_id:
        return True
    return visibility is Visibility.MISSION and identity.agency_id in mission_agency_ids
