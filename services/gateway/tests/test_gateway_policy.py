from typing import Any

import pytest
from gateway_document import DOCUMENT
from gateway_platform import GatewayPlatform
from malapert.payload.v1 import request_pb2
from malapert.planner.v1 import mission_pb2, plan_pb2
from malapert_core.errors import PermissionDeniedError
from malapert_core.policy.calls import PRINCIPALS, READERS
from malapert_core.policy.identity import Identity, Role
from malapert_gateway import policy
from malapert_gateway.app import API_ROUTERS
from malapert_gateway.routes.guarded import GuardedRoute

ROUTES: list[Any] = [route for router in API_ROUTERS for route in router.routes]
HUMAN_ROLES = [role for role in Role if role is not Role.SERVICE]


def test_every_route_has_an_entry_and_every_entry_a_route() -> None:
    names = [route.name for route in ROUTES]
    assert len(names) == len(set(names))
    assert set(names) == set(policy.ROLES_BY_ACTION)


def test_every_route_under_the_api_is_guarded() -> None:
    assert all(isinstance(route, GuardedRoute) for route in ROUTES)
    guarded = {f"/api/v1{route.path}" for route in ROUTES}
    assert {path for path in DOCUMENT["paths"] if path not in ("/healthz", "/readyz")} == guarded


def test_viewer_changes_nothing_and_every_role_sees_what_it_sees() -> None:
    methods = {route.name: route.methods for route in ROUTES}
    reading = {
        "check_edits",
        "get_horizon_profiles",
        "get_light_series",
        "list_alternates",
        "rate_requests",
        "read_schedule",
        "read_tracking_data",
        "scan_landing_dates",
        "validate_plan",
    }
    own_session = {"create_session_link", "end_session"}
    for action, roles in policy.ROLES_BY_ACTION.items():
        assert Role.SERVICE not in roles
        if Role.VIEWER in roles:
            assert methods[action] == {"GET"} or action in reading | own_session, action
            assert roles in (READERS, PRINCIPALS), action


@pytest.mark.parametrize("action", sorted(policy.ROLES_BY_ACTION))
@pytest.mark.parametrize("role", HUMAN_ROLES)
def test_table_decides(action: str, role: Role) -> None:
    identity = Identity("JAXA", role, "k")
    if role in policy.ROLES_BY_ACTION[action]:
        policy.require_role(action, identity)
        return
    with pytest.raises(PermissionDeniedError) as raised:
        policy.require_role(action, identity)
    assert raised.value.reason == "FORBIDDEN"
    assert raised.value.metadata["role"] == role.name
    assert all(needed in raised.value.message for needed in raised.value.metadata["needed_roles"].split(", "))


@pytest.mark.asyncio
async def test_requester_hands_in_for_its_own_agency_alone(sqlite_platform: GatewayPlatform) -> None:
    request = {"request_id": "a", "title": "A", "activity_type_id": "t", "agency_id": "ISRO", "value": 1.0}
    request |= {"visibility": "PUBLIC"}
    address = "/api/v1/missions/lupex/requests"
    headers = sqlite_platform.bearer("JAXA", "REQUESTER")
    refused = await sqlite_platform.http.post(address, json={"requests": [request]}, headers=headers)
    assert (refused.status_code, refused.json()["reason"]) == (403, "FORBIDDEN")
    assert "ISRO" in refused.json()["detail"]
    assert sqlite_platform.services.asked("SubmitRequests") == []
    taken = await sqlite_platform.http.post(
        address, json={"requests": [request]}, headers=sqlite_platform.bearer("ISRO", "REQUESTER")
    )
    assert taken.status_code == 201
    (call,) = sqlite_platform.services.calls
    assert (call.request.mission_id, call.request.requests[0].agency_id) == ("lupex", "ISRO")
    assert (call.identity.agency_id, call.identity.role) == ("ISRO", Role.REQUESTER)


@pytest.mark.asyncio
async def test_only_the_owner_withdraws_a_request(sqlite_platform: GatewayPlatform) -> None:
    found = request_pb2.ActivityRequest(request_id="a", agency_id="ISRO", state=request_pb2.REQUEST_STATE_REQUESTED)
    sqlite_platform.services.answers["GetRequest"] = lambda _: request_pb2.GetRequestResponse(request=found)
    address = "/api/v1/missions/lupex/requests/a:cancel"
    for agency_id, role, status in [("JAXA", "REQUESTER", 403), ("ISRO", "REQUESTER", 200), ("JAXA", "OPERATOR", 403)]:
        answer = await sqlite_platform.http.post(
            address, json={"reason": "x"}, headers=sqlite_platform.bearer(agency_id, role)
        )
        assert answer.status_code == status


@pytest.mark.asyncio
@pytest.mark.parametrize("verb", ["submit", "release", "terminate"])
async def test_plan_moves_by_its_maker_or_its_missions_owner(sqlite_platform: GatewayPlatform, verb: str) -> None:
    def scripted(plan_owner: str, mission_owner: str) -> None:
        plan = plan_pb2.Plan(plan_id="p", mission_id="m", owner_agency_id=plan_owner, state=plan_pb2.PLAN_STATE_DRAFT)
        mission = mission_pb2.Mission(mission_id="m", owner_agency_id=mission_owner)
        sqlite_platform.services.answers["GetPlan"] = lambda _: plan_pb2.GetPlanResponse(plan=plan)
        sqlite_platform.services.answers["GetMission"] = lambda _: mission_pb2.GetMissionResponse(mission=mission)

    async def status(agency_id: str, role: str) -> int:
        body = {"reason": "x"} if verb == "terminate" else None
        answer = await sqlite_platform.http.post(
            f"/api/v1/plans/p:{verb}", json=body, headers=sqlite_platform.bearer(agency_id, role)
        )
        return answer.status_code

    scripted("ISRO", "ESA")
    assert await status("JAXA", "PLANNER") == 403
    assert await status("ISRO", "PLANNER") == 200
    assert await status("JAXA", "OPERATOR") == 403
    assert await status("JAXA", "APPROVER") == 403
    scripted("ESA", "JAXA")
    assert await status("JAXA", "PLANNER") == 200
    assert await status("JAXA", "OPERATOR") == 200


@pytest.mark.asyncio
async def test_only_an_approver_reviews_and_speaks_for_its_own_agency(sqlite_platform: GatewayPlatform) -> None:
    body = {"content_hash": "sha256:1", "approve": True}
    for role, status in [("OPERATOR", 403), ("PLANNER", 403), ("APPROVER", 200)]:
        answer = await sqlite_platform.http.post(
            "/api/v1/plans/p:review", json=body, headers=sqlite_platform.bearer("JAXA", role)
        )
        assert answer.status_code == status
    (call,) = sqlite_platform.services.calls
    assert (call.request.plan_id, call.identity.agency_id) == ("p", "JAXA")
