"""Every call by every agency in every role, over gRPC and over HTTP: against the table, for leaks, for undue changes.

The calls are those of the contracts and of the OpenAPI document. Who may not is refused in the form of the table; no
answer tells what its reader must not know; nothing that is refused, and nothing that only reads, changes anything.
"""

import json
from collections import Counter
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import grpc
import malapert
import pytest
from access_world import MISSION_ID, OF_MISSION, OF_NASA, POSITIONS, ROLES, World, document, principal
from google.protobuf.message_factory import GetMessageClass
from malapert_core.policy.calls import CALLS
from malapert_core.policy.charter import Charter, Membership, Part
from malapert_core.policy.identity import Identity, Role
from malapert_core.policy.tokens import GATEWAY
from malapert_core.timestamps import utc_now
from malapert_gateway.policy import ROLES_BY_ACTION
from malapert_testing.audit_walk import changes
from malapert_testing.identities import service_tokens
from malapert_testing.openapi_examples import body_of, parameters_of

SERVED_BY = {"planner": "planner", "payload": "payload", "comms_window": "comms_window", "landing_site": "landing_site"}
HTTP_OF_MISSION = ("/missions/{mission_id}", "/plans/{plan_id}")
_WITHOUT_KEY = {
    "enrol_agency": 401,
    "open_session": 401,
    "finish_log_in": 401,
    "begin_log_in": 404,
    "list_log_ins": 200,
}
"""What calls answer that ask for a proof, a ticket or a provider's word in place of a key, whatever the role."""
_CODES = {"denied": {"PERMISSION_DENIED"}, "unknown": {"NOT_FOUND"}}


pytestmark = [pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.asyncio(loop_scope="module")]


def contract_methods() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for module in walk_packages(malapert.__path__, "malapert."):
        if module.name.endswith("_pb2"):
            for service in import_module(module.name).DESCRIPTOR.services_by_name.values():
                found |= {f"/{service.full_name}/{method.name}": method for method in service.methods}
    return found


def parts_now(agency_id: str) -> frozenset[Part]:
    """Return an agency's parts with those that they include, by the charter's own rule for members."""
    members = (Membership(agency_id, POSITIONS[agency_id], utc_now().replace(year=2020)),)
    return Charter(MISSION_ID, 1, members).parts_of(agency_id, utc_now())


def expected(identity: Identity, path: str, *, names_mission: bool) -> str:
    """Return what the table says: denied, unknown, or allowed."""
    call = CALLS[path]
    if identity.role not in call.roles:
        return "denied"
    if call.part is None or not names_mission:
        return "allowed"
    held = parts_now(identity.agency_id)
    if not held:
        return "unknown"
    return "allowed" if call.part in held else "denied"


def canaries_hidden_from(agency_id: str) -> list[str]:
    hidden = [] if agency_id in ("NASA", "JAXA") else [OF_NASA, OF_NASA.lower()]
    return hidden if POSITIONS[agency_id] else [*hidden, OF_MISSION]


def leaks(agency_id: str, told: bytes) -> list[str]:
    return [canary for canary in canaries_hidden_from(agency_id) if canary.encode() in told]


def request_of(method: Any, world: World) -> tuple[Any, bool]:
    """Return a request that names what is there, and whether it names the mission or its plan."""
    request = GetMessageClass(method.input_type)()
    values = {"mission_id": MISSION_ID, "plan_id": world.plan_id, "other_plan_id": world.plan_id}
    named = False
    for field in method.input_type.fields:
        if field.name in values and not field.is_repeated:
            setattr(request, field.name, values[field.name])
            named = True
        elif field.name == "request_id" and not field.is_repeated:
            setattr(request, field.name, world.request_id)
    return request, named


async def answer_of(channel: grpc.aio.Channel, path: str, method: Any, request: Any, token: str) -> tuple[str, bytes]:
    """Return the code of a call and everything that it tells: messages, details and trailing metadata."""
    shape = f"{'stream' if method.client_streaming else 'unary'}_{'stream' if method.server_streaming else 'unary'}"
    call = getattr(channel, shape)(path, lambda message: message.SerializeToString(), lambda content: content)
    asked = iter([request]) if method.client_streaming else request
    running = call(asked, metadata=(("authorization", f"Bearer {token}"),), timeout=20)
    try:
        told = b"".join([part async for part in running]) if method.server_streaming else await running
    except grpc.aio.AioRpcError as error:
        metadata: Any = error.trailing_metadata()
        details = b"".join(v if isinstance(v, bytes) else v.encode() for _, v in metadata)
        return error.code().name, details + (error.details() or "").encode()
    return "OK", told


@pytest.mark.parametrize("agency_id", ["OUTSIDE", "FORMER", "FUTURE"])
async def test_outsider_takes_nothing_over_and_is_told_nothing(world: World, agency_id: str) -> None:
    before = await world.state()
    headers = world.bearer(agency_id, Role.PLANNER)
    seized = document() | {"agencies": [{"id": agency_id, "name": agency_id, "reviewer": True}], "requests": []}
    for taken in (document(), seized):
        for query in ({}, {"validate_only": "true"}):
            answer = await world.http.post("/api/v1/missions", params=query, json=taken, headers=headers)
            assert answer.status_code in (409, 422)
            assert answer.status_code == 422 or not leaks(agency_id, answer.content)
    for verb in ("submit", "release", "terminate", "replan"):
        body = {"reason": "mine"} if verb == "terminate" else {"now": "2029-01-10T00:00:00Z"}
        answers = [
            await world.http.post(f"/api/v1/plans/{plan_id}:{verb}", json=body, headers=headers)
            for plan_id in (world.plan_id, "nowhere")
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert len({answer.json()["reason"] for answer in answers}) == 1
    listed = await world.http.get("/api/v1/missions", headers=headers)
    assert listed.json()["missions"] == []
    assert await world.state() == before


async def test_every_call_of_every_agency_and_role_over_grpc(world: World) -> None:
    signer, counted, wrong = service_tokens(GATEWAY), Counter[str](), []
    methods = {path: method for path, method in contract_methods().items() if path in CALLS}
    before = await world.state()
    for path, method in methods.items():
        area = path.split(".")[1]
        names = [SERVED_BY[area]] if area in SERVED_BY else list(world.services)
        for name in names:
            async with grpc.aio.insecure_channel(world.services[name].target) as channel:
                for agency_id in POSITIONS:
                    for role in ROLES:
                        identity = principal(agency_id, role)
                        request, names_mission = request_of(method, world)
                        wanted = expected(identity, path, names_mission=names_mission)
                        counted[wanted] += 1
                        if wanted == "allowed" and changes(path):
                            continue
                        token = signer.sign(identity, name)
                        code, told = await answer_of(channel, path, method, request, token)
                        fits = code in _CODES[wanted] if wanted in _CODES else code not in ("UNKNOWN", "INTERNAL")
                        if not fits or leaks(agency_id, told):
                            wrong.append((path, agency_id, role.name, wanted, code, leaks(agency_id, told), told[:200]))
    changed = {name for name, content in (await world.state()).items() if before.get(name) != content}
    assert not wrong, f"{len(wrong)} wrong of {counted}: {wrong[:40]}"
    assert not changed
    assert counted.total() > 5000


async def test_every_route_for_every_agency_and_role_over_http(world: World) -> None:
    counted, wrong, before = Counter[int](), [], await world.state()
    told_by = world.app.openapi()
    for path, operations in told_by["paths"].items():
        for verb, operation in operations.items():
            action = operation.get("operationId")
            if action not in ROLES_BY_ACTION or action in ("watch_events", "watch_operation"):
                continue
            names_mission = any(part in path for part in HTTP_OF_MISSION)
            media_type, content = next(iter(operation.get("requestBody", {}).get("content", {}).items()), (None, {}))
            template = path.replace("{mission_id}", MISSION_ID).replace("{plan_id}", world.plan_id)
            address, query, headers = parameters_of(told_by, template, operation)
            body = body_of(told_by, media_type, content)
            if "mission_id" in query:
                query["mission_id"] = MISSION_ID
            for agency_id in POSITIONS:
                for role in ROLES:
                    may = role in ROLES_BY_ACTION[action]
                    member = bool(POSITIONS[agency_id])
                    if may and verb != "get" and (member or not names_mission):
                        continue
                    sent = headers | world.bearer(agency_id, role)
                    if media_type is not None:
                        sent["Content-Type"] = media_type
                    answer = await world.http.request(verb, address, params=query, headers=sent, content=body)
                    counted[answer.status_code] += 1
                    told = answer.content + json.dumps(dict(answer.headers)).encode()
                    outside = names_mission and not member
                    refused = _WITHOUT_KEY.get(action, 403)
                    fits = answer.status_code == refused if not may else answer.status_code < 500
                    if may and outside:
                        # For a thing in another agency's name: 403 whatever the mission, before anybody looks at it.
                        fits = answer.status_code in (403, 404, 422)
                    if not fits or leaks(agency_id, told):
                        wrong.append((verb, address, agency_id, role.name, answer.status_code, answer.text[:200]))
    changed = {name for name, content in (await world.state()).items() if before.get(name) != content}
    assert not wrong, f"{len(wrong)} wrong of {counted}: {wrong[:40]}"
    assert not changed
    assert counted.total() > 3000
