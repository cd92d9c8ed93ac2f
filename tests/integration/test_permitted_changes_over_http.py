"""What the table of calls permits is done over HTTP with real keys: nobody is refused for who it is."""

import json
from collections import Counter
from itertools import count
from typing import Any

import pytest
from access_world import MISSION_ID, POSITIONS, ROLES, World, principal
from malapert_core.policy.calls import CALLS
from malapert_core.policy.identity import Role
from malapert_gateway.policy import METHODS
from malapert_testing.audit_walk import changes
from malapert_testing.openapi_examples import body_of, parameters_of
from test_access_matrix import HTTP_OF_MISSION, expected
from test_permitted_changes import NARROWER

REFUSALS = frozenset({"FORBIDDEN", "UNKNOWN_MISSION", "UNKNOWN_PLAN", "OUT_OF_SCOPE"})
"""Reasons that refuse the caller for who it is."""
OWNERS = {**NARROWER, "CancelRequest": frozenset({"JAXA"})}
"""Agencies that may where the table leaves more to the service: the request that is named is JAXA's to cancel."""
LEAVING = "leave_mission"
LAST = (LEAVING, "change_charter", "consent_to_charter", "terminate_plan")
"""Actions after which others are refused for what is left of the mission; they come last."""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.asyncio(loop_scope="module")]


def changing_routes(told_by: dict[str, Any]) -> list[tuple[str, str, str, dict[str, Any]]]:
    """Return action, verb, path and operation of every route that stands for a changing call."""
    found = []
    for path, operations in told_by["paths"].items():
        for verb, operation in operations.items():
            method = METHODS.get(operation.get("operationId"))
            if method is not None and changes(method):
                found.append((operation["operationId"], verb, path, operation))
    return sorted(found, key=lambda each: (LAST.index(each[0]) + 1 if each[0] in LAST else 0, each[0]))


def named(content: Any, values: dict[str, str]) -> Any:
    """Return the content of a body with values in the place of those of some keys, however deep."""
    if isinstance(content, dict):
        return {key: values[key] if key in values else named(each, values) for key, each in content.items()}
    return [named(each, values) for each in content] if isinstance(content, list) else content


async def test_who_may_change_something_over_http_is_not_refused_for_who_it_is(world: World) -> None:
    counted, wrong, keys = Counter[int](), [], count()
    left: set[str] = set()
    told_by = world.app.openapi()
    for action, verb, path, operation in changing_routes(told_by):
        names_mission = any(part in path for part in HTTP_OF_MISSION)
        media_type, content = next(iter(operation.get("requestBody", {}).get("content", {}).items()), (None, {}))
        template = path.replace("{mission_id}", MISSION_ID).replace("{plan_id}", world.plan_id)
        template = template.replace("{request_id}", world.request_id)
        address, query, headers = parameters_of(told_by, template, operation)
        example = body_of(told_by, media_type, content)
        for agency_id in POSITIONS:
            values = {"mission_id": MISSION_ID, "plan_id": world.plan_id, "agency_id": agency_id}
            body, asked = example, named(query, values)
            if example is not None and "json" in (media_type or ""):
                body = json.dumps(named(json.loads(example), values)).encode()
            for role in ROLES:
                identity = principal(agency_id, role)
                if expected(identity, METHODS[action], names_mission=names_mission) != "allowed" or agency_id in left:
                    continue
                sent = headers | world.bearer(agency_id, role)
                # Each call is one of its own: a repeated key would only give the answer of the call before.
                sent |= {"Idempotency-Key": f"permitted-{next(keys)}"} if "Idempotency-Key" in headers else {}
                sent |= {} if media_type is None else {"Content-Type": media_type}
                answer = await world.http.request(verb, address, params=asked, headers=sent, content=body)
                counted[answer.status_code] += 1
                if action == LEAVING and answer.is_success:
                    left.add(agency_id)
                reason = "" if answer.is_success else answer.json()["reason"]
                may = agency_id in OWNERS.get(METHODS[action].rpartition("/")[2], POSITIONS)
                refused = names_mission and reason in REFUSALS
                if refused is may or answer.status_code == 401 or answer.status_code >= 500:
                    wrong.append((action, address, agency_id, Role(role).name, answer.status_code, answer.text[:200]))
    assert not wrong, f"{len(wrong)} wrong of {counted}: {wrong[:40]}"
    assert counted.total() > 300
    assert sum(number for status, number in counted.items() if status < 300) > 20
    missing = {METHODS[action] for action, *_ in changing_routes(told_by)} ^ {
        path for path, call in CALLS.items() if call.roles and changes(path)
    }
    assert not missing, missing
