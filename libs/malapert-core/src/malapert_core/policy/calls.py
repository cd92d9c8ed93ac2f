"""Table of every call between processes: the roles, the part in the mission and the services that may make it.

A call that is not in the table is nobody's. The gateway derives from it what a role may do over HTTP; every service
enforces it on each call that reaches it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from malapert_core.errors import PermissionDeniedError
from malapert_core.policy.charter import Part
from malapert_core.policy.identity import Identity, Role

NOBODY: frozenset[Role] = frozenset()
READERS = frozenset({Role.VIEWER, Role.REQUESTER, Role.PLANNER, Role.APPROVER, Role.OPERATOR})
PRINCIPALS = READERS | {Role.ADMINISTRATOR, Role.PLATFORM}
TEAMS = frozenset({Role.REQUESTER, Role.PLANNER, Role.OPERATOR})
PLANNERS = frozenset({Role.PLANNER, Role.OPERATOR})
APPROVERS = frozenset({Role.APPROVER})
SPEAKERS = TEAMS | APPROVERS
AUDITORS = frozenset({Role.PLANNER, Role.APPROVER, Role.OPERATOR, Role.ADMINISTRATOR, Role.PLATFORM})

_NONE: frozenset[str] = frozenset()
_PAYLOAD = frozenset({"payload"})
_PLANNER = frozenset({"planner"})
_COMMS_WINDOW = frozenset({"comms_window"})
_SERVICES = frozenset({"gateway", "planner", "payload", "comms_window", "landing_site"})


@dataclass(frozen=True, slots=True)
class Call:
    """A row of the table.

    ``roles`` may make the call themselves, through the gateway; ``part`` is what their agency needs in the mission that
    the request names, or to which what it names belongs, None where it has none. ``on_behalf`` are the services that
    may make it for a principal, in whatever role, and ``own_name`` those that may make it for themselves.
    """

    roles: frozenset[Role]
    part: Part | None = None
    on_behalf: frozenset[str] = _NONE
    own_name: frozenset[str] = _NONE


_TABLE: Mapping[str, Mapping[str, Call]] = {
    "malapert.planner.v1.MissionService": {
        "CreateMission": Call(PLANNERS),
        "GetMission": Call(READERS, Part.OBSERVER),
        "ListMissions": Call(READERS),
        "GetMissionSchema": Call(PRINCIPALS),
        "ListMissionProposals": Call(READERS, Part.OBSERVER),
        "GetMissionProposal": Call(READERS, Part.OBSERVER),
        "AcceptMissionProposal": Call(PLANNERS, Part.OWNER),
        "DeclineMissionProposal": Call(PLANNERS, Part.OBSERVER),
    },
    "malapert.planner.v1.CharterService": {
        "GetCharter": Call(READERS, Part.OBSERVER, own_name=_SERVICES),
        "BatchGetCharters": Call(NOBODY, own_name=_SERVICES),
        "ChangeCharter": Call(PLANNERS, Part.OWNER),
        "ListCharterChanges": Call(READERS, Part.OBSERVER),
        "ConsentToCharter": Call(PLANNERS, Part.OWNER),
        "DeclineCharter": Call(PLANNERS, Part.OWNER),
        "LeaveMission": Call(PLANNERS, Part.OBSERVER),
    },
    "malapert.planner.v1.PlanService": {
        "GeneratePlan": Call(PLANNERS, Part.PLANNER),
        "GetPlan": Call(READERS, Part.OBSERVER),
        "ListPlans": Call(READERS, Part.OBSERVER),
        "SubmitPlan": Call(PLANNERS, Part.PLANNER),
        "ReviewPlan": Call(APPROVERS, Part.OBSERVER),
        "ReleasePlan": Call(PLANNERS, Part.PLANNER),
        "TerminatePlan": Call(PLANNERS, Part.PLANNER),
        "ReplanPlan": Call(PLANNERS, Part.PLANNER),
        "ComparePlans": Call(READERS, Part.OBSERVER),
        "ImportPlan": Call(PLANNERS, Part.PLANNER),
        "ExplainUnplanned": Call(READERS, Part.OBSERVER),
        "ValidatePlan": Call(READERS, Part.OBSERVER),
        "AcknowledgeNotices": Call(PLANNERS, Part.PLANNER),
        "RestorePlan": Call(PLANNERS, Part.PLANNER),
        "GetRequestInPlan": Call(READERS, Part.OBSERVER),
        "ListRequestsInPlan": Call(READERS, Part.OBSERVER),
    },
    "malapert.planner.v1.EditService": {
        "CheckEdits": Call(READERS, Part.OBSERVER),
        "ApplyEdits": Call(PLANNERS, Part.PLANNER),
        "CreateEditDraft": Call(PLANNERS, Part.PLANNER),
        "ListEditDrafts": Call(PLANNERS, Part.PLANNER),
        "GetEditDraft": Call(PLANNERS, Part.PLANNER),
        "UpdateEditDraft": Call(PLANNERS, Part.PLANNER),
        "DeleteEditDraft": Call(PLANNERS, Part.PLANNER),
    },
    "malapert.planner.v1.RobustnessService": {
        "AssessRobustness": Call(PLANNERS, Part.OBSERVER),
        "GetRobustness": Call(READERS, Part.OBSERVER),
        "ListRobustness": Call(READERS, Part.OBSERVER),
    },
    "malapert.planner.v1.FeasibilityService": {
        "CheckFeasibility": Call(NOBODY, Part.CONTRIBUTOR, on_behalf=_PAYLOAD),
    },
    "malapert.planner.v1.ReviewService": {
        "WithdrawReview": Call(APPROVERS, Part.APPROVER),
        "SettleCondition": Call(APPROVERS, Part.APPROVER),
        "ExportApprovals": Call(READERS, Part.OBSERVER),
        "CreateDelegation": Call(APPROVERS, Part.APPROVER),
        "ListDelegations": Call(READERS, Part.OBSERVER),
        "RevokeDelegation": Call(APPROVERS, Part.APPROVER),
    },
    "malapert.planner.v1.ThreadService": {
        "OpenThread": Call(SPEAKERS, Part.OBSERVER),
        "ListThreads": Call(READERS, Part.OBSERVER),
        "GetThread": Call(READERS, Part.OBSERVER),
        "AddComment": Call(SPEAKERS, Part.OBSERVER),
        "ResolveThread": Call(SPEAKERS, Part.OBSERVER),
        "ReopenThread": Call(SPEAKERS, Part.OBSERVER),
    },
    "malapert.operation.v1.OperationService": {
        "GetOperation": Call(READERS, on_behalf=_PLANNER),
        "ListOperations": Call(READERS),
        "WatchOperation": Call(READERS, on_behalf=_PLANNER),
        "CancelOperation": Call(PLANNERS, on_behalf=_PLANNER),
    },
    "malapert.quota.v1.LimitService": {
        "GetLimits": Call(PRINCIPALS),
    },
    "malapert.audit.v1.AuditService": {
        "ListAuditEntries": Call(AUDITORS),
        "ExportAudit": Call(AUDITORS),
    },
    "malapert.landing_site.v1.TerrainService": {
        "RegisterTerrain": Call(PLANNERS),
        "GetTerrain": Call(READERS),
        "ListTerrains": Call(READERS),
        "CreateTerrainStack": Call(PLANNERS, Part.CONTRIBUTOR, on_behalf=_PLANNER),
        "GetTerrainStack": Call(READERS, on_behalf=_PLANNER),
        "GetMapLayer": Call(READERS),
    },
    "malapert.landing_site.v1.ProductService": {
        "ComputeProducts": Call(PLANNERS, Part.CONTRIBUTOR),
        "GetProductSet": Call(READERS),
        "ListProductSets": Call(READERS),
        "DownloadProduct": Call(READERS),
        "GetProductTile": Call(READERS),
        "GetLightSeries": Call(READERS),
    },
    "malapert.landing_site.v1.SiteService": {
        "SearchSites": Call(PLANNERS, Part.PLANNER, on_behalf=_PLANNER),
        "GetSiteSearch": Call(READERS, on_behalf=_PLANNER),
        "ListSiteSearches": Call(READERS),
        "GetSite": Call(READERS, on_behalf=_PLANNER),
        "ScanLandingDates": Call(READERS),
    },
    "malapert.landing_site.v1.HorizonService": {
        "GetHorizonProfiles": Call(READERS, on_behalf=_COMMS_WINDOW),
    },
    "malapert.landing_site.v1.RouteService": {
        "ResolveWaypoints": Call(PLANNERS, on_behalf=_PLANNER),
        "FindRoutes": Call(PLANNERS, on_behalf=_PLANNER),
        "FindTimedRoute": Call(PLANNERS),
    },
    "malapert.comms_window.v1.StationService": {
        "ListStations": Call(READERS, on_behalf=_PLANNER),
        "GetStation": Call(READERS),
        "PutStation": Call(PLANNERS),
        "RemoveStation": Call(PLANNERS),
    },
    "malapert.comms_window.v1.WindowService": {
        "ComputeWindows": Call(PLANNERS, Part.CONTRIBUTOR, on_behalf=_PLANNER),
        "GetWindowSet": Call(READERS, on_behalf=_PLANNER),
        "ListWindows": Call(READERS, on_behalf=_PLANNER),
    },
    "malapert.comms_window.v1.ContactService": {
        "ReserveContacts": Call(PLANNERS, Part.PLANNER, on_behalf=_PLANNER),
        "SupersedeContacts": Call(NOBODY, Part.PLANNER, on_behalf=_PLANNER),
        "CommitContacts": Call(PLANNERS, on_behalf=_PLANNER),
        "ReleaseContacts": Call(PLANNERS, on_behalf=_PLANNER, own_name=_PLANNER),
        "ListContacts": Call(READERS, on_behalf=_PLANNER, own_name=_PLANNER),
        "RejectContacts": Call(PLANNERS),
        "ReportContact": Call(PLANNERS),
        "ListAlternates": Call(READERS),
        "GetContact": Call(READERS),
    },
    "malapert.comms_window.v1.AgreementService": {
        "CreateAgreement": Call(PLANNERS),
        "ChangeAgreement": Call(PLANNERS),
        "EndAgreement": Call(PLANNERS),
        "GetAgreement": Call(READERS),
        "ListAgreements": Call(READERS),
        "ListAntennaQuotas": Call(NOBODY, own_name=_PLANNER),
    },
    "malapert.comms_window.v1.OutageService": {
        "AddOutage": Call(PLANNERS),
        "RemoveOutage": Call(PLANNERS),
        "ListOutages": Call(READERS, on_behalf=_PLANNER, own_name=_PLANNER),
    },
    "malapert.comms_window.v1.OrbiterService": {
        "RegisterOrbiter": Call(PLANNERS, Part.CONTRIBUTOR, on_behalf=_PLANNER),
        "GetOrbiter": Call(READERS),
        "ListOrbiters": Call(READERS),
        "ExportOrbiter": Call(READERS),
    },
    "malapert.comms_window.v1.KeyService": {
        "RecordKeys": Call(PLANNERS),
        "ListKeyStores": Call(READERS),
        "ListKeyEntries": Call(READERS),
    },
    "malapert.comms_window.v1.ExchangeService": {
        "ReadTrackingData": Call(READERS),
        "PredictTrackingData": Call(READERS),
    },
    "malapert.comms_window.v1.OpportunityService": {
        "FindOpportunities": Call(TEAMS, Part.OBSERVER),
    },
    "malapert.payload.v1.CatalogueService": {
        "ImportCatalogue": Call(NOBODY, on_behalf=_PLANNER),
        "ListInstruments": Call(READERS, Part.OBSERVER),
        "GetInstrument": Call(READERS, Part.OBSERVER),
        "ListActivityTypes": Call(READERS, Part.OBSERVER),
        "PublishInstrument": Call(TEAMS, Part.CONTRIBUTOR),
        "ListInstrumentVersions": Call(READERS, Part.OBSERVER),
        "PublishActivityType": Call(TEAMS, Part.CONTRIBUTOR),
        "ListActivityTypeVersions": Call(READERS, Part.OBSERVER),
    },
    "malapert.payload.v1.RequestService": {
        "SubmitRequests": Call(TEAMS, Part.CONTRIBUTOR),
        "GetRequest": Call(READERS, Part.OBSERVER),
        "ListRequests": Call(READERS, Part.OBSERVER, own_name=_PLANNER),
        "CancelRequest": Call(TEAMS, Part.CONTRIBUTOR),
        "ReviseRequest": Call(TEAMS, Part.CONTRIBUTOR),
        "CheckRequests": Call(TEAMS, Part.CONTRIBUTOR),
        "ImportRequests": Call(TEAMS, Part.CONTRIBUTOR),
        "ExpandRequests": Call(NOBODY, Part.PLANNER, on_behalf=_PLANNER),
    },
    "malapert.payload.v1.DemandService": {
        "TriageRequest": Call(PLANNERS, Part.OWNER),
        "SetDemandBudget": Call(PLANNERS, Part.OWNER),
        "ListDemandBudgets": Call(READERS, Part.OBSERVER),
        "AskUse": Call(TEAMS, Part.CONTRIBUTOR),
        "DecideUse": Call(PLANNERS, Part.OBSERVER),
        "ListUsePermissions": Call(READERS, Part.OBSERVER),
    },
    "malapert.payload.v1.ScienceService": {
        "RateRequests": Call(READERS, Part.OBSERVER),
    },
    "malapert.payload.v1.ExecutionService": {
        "ReportExecution": Call(TEAMS, Part.CONTRIBUTOR),
        "ListExecutions": Call(READERS, Part.OBSERVER, on_behalf=_PLANNER, own_name=_PLANNER),
        "ListAccounts": Call(READERS, Part.OBSERVER),
    },
}

CALLS: dict[str, Call] = {
    f"/{service}/{method}": call for service, methods in _TABLE.items() for method, call in methods.items()
}
"""Row of each method by its path, such as ``/malapert.planner.v1.PlanService/GetPlan``."""


def require_call(method: str, identity: Identity, calls: Mapping[str, Call] = CALLS) -> Call:
    """Return the row of a call that an identity may make.

    Raises
    ------
    PermissionDeniedError
        ``FORBIDDEN``, naming the roles or services that may.
    """
    call = calls.get(method, Call(NOBODY))
    if identity.is_service:
        _require_service(method, identity.key_id, call.own_name, "in its own name")
    elif identity.via_service:
        _require_service(method, identity.via_service, call.on_behalf, "on behalf of a principal")
    elif identity.role not in call.roles:
        raise role_refused(method.rpartition("/")[2], identity, call.roles)
    return call


def role_refused(action: str, identity: Identity, roles: frozenset[Role]) -> PermissionDeniedError:
    """Return the refusal of an action that needs another role."""
    needed = ", ".join(role.name for role in Role if role in roles) or "of a service"
    return PermissionDeniedError(
        "FORBIDDEN",
        f"{action} needs the role {needed}; this key has {identity.role.name}",
        metadata={"action": action, "needed_roles": needed, "role": identity.role.name},
    )


def _require_service(method: str, caller: str, callers: frozenset[str], manner: str) -> None:
    if caller not in callers:
        action = method.rpartition("/")[2]
        message = f"{caller} may not call {action} {manner}; allowed: {', '.join(sorted(callers)) or 'no service'}"
        raise PermissionDeniedError("FORBIDDEN", message, metadata={"action": action, "service": caller})
