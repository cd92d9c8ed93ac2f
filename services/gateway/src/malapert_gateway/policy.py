"""What a caller may do over HTTP, derived from the table of calls.

`ROLES_BY_ACTION` names, for every route's operation id, the roles that may take it: those of the call of a service that
the route stands for, or of the gateway's own. Services receive the identity as well and decide for themselves.
"""

import re
from collections.abc import Collection, Mapping, Sequence

from malapert_core.errors import Fault, PermissionDeniedError
from malapert_core.policy.calls import CALLS, NOBODY, PRINCIPALS, READERS, role_refused
from malapert_core.policy.identity import Identity, Role

_ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
_PLATFORM = frozenset({Role.PLATFORM})
_KEEPERS = _ADMINISTRATORS | _PLATFORM
"""Roles that look after keys: an agency's ADMINISTRATOR after all but those of PLATFORM, which sees to its own."""

ALWAYS_ALLOWED = frozenset({"who_am_i", "get_session", "end_session"})
"""Actions of every key, whatever it is bound to."""

METHODS: Mapping[str, str] = {
    re.sub(r"(?<!^)(?=[A-Z])", "_", method.rpartition("/")[2]).lower(): method
    for method, call in CALLS.items()
    if call.roles
} | {
    "get_mission_version": "/malapert.planner.v1.MissionService/GetMission",
    "export_plan": "/malapert.planner.v1.PlanService/GetPlan",
    "get_product_set_stac": "/malapert.landing_site.v1.ProductService/GetProductSet",
    "export_site_search": "/malapert.landing_site.v1.SiteService/GetSiteSearch",
    "export_contacts": "/malapert.comms_window.v1.ContactService/ListContacts",
    "export_windows": "/malapert.comms_window.v1.WindowService/ListWindows",
    "export_window_events": "/malapert.comms_window.v1.WindowService/ListWindows",
    "export_requests": "/malapert.payload.v1.RequestService/ListRequests",
    "list_mission_executions": "/malapert.payload.v1.ExecutionService/ListExecutions",
}
"""Method that decides an action: of the same name, or the one that an action of another name calls."""

_WITHOUT_ACTION = frozenset({"find_opportunities", "get_limits"})
"""Methods that no route stands for: one that checks requests asks for it, and who_am_i."""

OWN_ACTIONS: Mapping[str, frozenset[Role]] = {
    "who_am_i": PRINCIPALS,
    "get_schema": PRINCIPALS,
    "get_tile_matrix_set": PRINCIPALS,
    "read_schedule": READERS,
    "watch_events": READERS,
    "create_key": _KEEPERS,
    "list_keys": _KEEPERS,
    "rotate_key": _KEEPERS,
    "expire_key": _KEEPERS,
    "revoke_key": _KEEPERS,
    "admit_agency": _PLATFORM,
    "suspend_agency": _PLATFORM,
    "readmit_agency": _PLATFORM,
    "list_agencies": PRINCIPALS,
    "get_agency": PRINCIPALS,
    "get_agency_keys": PRINCIPALS,
    "rotate_agency_keys": _ADMINISTRATORS,
    "create_session_link": PRINCIPALS,
    "get_session": PRINCIPALS,
    "end_session": PRINCIPALS,
    # A link's ticket opens it, a provider's word, or a proof of the agency's own key: no key of this platform.
    "open_session": NOBODY,
    "list_log_ins": NOBODY,
    "begin_log_in": NOBODY,
    "finish_log_in": NOBODY,
    "enrol_agency": NOBODY,
}
"""Roles of what the gateway does alone."""

ROLES_BY_ACTION: Mapping[str, frozenset[Role]] = {
    **{action: CALLS[method].roles for action, method in METHODS.items() if action not in _WITHOUT_ACTION},
    **OWN_ACTIONS,
}


def allowed_actions(identity: Identity, bound_to: Collection[str] = ()) -> list[str]:
    """Return the actions that a caller's role may take, of those that its key is bound to, in order of their names."""
    allowed = (action for action, roles in ROLES_BY_ACTION.items() if identity.role in roles)
    return sorted(action for action in allowed if not bound_to or action in bound_to or action in ALWAYS_ALLOWED)


def scope_faults(role: Role, actions: Sequence[str]) -> list[Fault]:
    """Return a fault for each action that a key of a role cannot be bound to."""
    faults = []
    for index, action in enumerate(actions):
        if role not in ROLES_BY_ACTION.get(action, NOBODY):
            message = f"{action!r} is no action of the role {role.name}; whoami lists what a key of it may"
            faults.append(Fault(f"actions[{index}]", "UNKNOWN_ACTION", message))
    return faults


def require_scope(action: str, bound_to: Collection[str]) -> None:
    """Refuse an action that the caller's key is not for.

    Raises
    ------
    PermissionDeniedError
        ``OUT_OF_SCOPE``, naming the actions that it is for.
    """
    if not bound_to or action in bound_to or action in ALWAYS_ALLOWED:
        return
    allowed = ", ".join(sorted(bound_to))
    raise PermissionDeniedError("OUT_OF_SCOPE", f"this key is for {allowed}, not for {action}")


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
    raise role_refused(action, identity, roles)


def require_agency(action: str, identity: Identity, owner_agency_ids: Collection[str]) -> None:
    """Refuse an action on what belongs to other agencies.

    Requests are handed in and withdrawn by their own agency, work is stopped by the agency that began it, and a plan is
    submitted, released or ended by the agency that had it made or that owns its mission.

    Raises
    ------
    PermissionDeniedError
        ``FORBIDDEN``, naming the agencies that may.
    """
    if identity.is_service or identity.agency_id in owner_agency_ids:
        return
    owners = ", ".join(sorted(owner_agency_ids))
    raise PermissionDeniedError(
        "FORBIDDEN",
        f"{action} is for {owners}; this key speaks for {identity.agency_id}",
        metadata={"action": action, "owner_agency_ids": owners},
    )
