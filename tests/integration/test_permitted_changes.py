"""What the table of calls permits is done, in a world of its own: nobody is refused for who it is."""

import re
from collections import Counter

import grpc
import pytest
from access_world import POSITIONS, ROLES, World, principal
from malapert_core.policy.calls import CALLS
from malapert_core.policy.tokens import GATEWAY
from malapert_testing.audit_walk import changes
from malapert_testing.identities import service_tokens
from test_access_matrix import SERVED_BY, answer_of, contract_methods, expected, request_of

LEAVING = "/malapert.planner.v1.CharterService/LeaveMission"
REFUSALS = re.compile(rb"\n.(FORBIDDEN|UNKNOWN_MISSION|UNKNOWN_PLAN)\x12")
"""Reasons within an answer's ErrorInfo that refuse the caller for who it is."""
MOVERS = frozenset({"JAXA"})
NARROWER = {
    **dict.fromkeys(("SubmitPlan", "ReleasePlan", "TerminatePlan"), MOVERS),
    "OpenThread": frozenset({"JAXA", "ISRO", "NASA", "ESA"}),
}
"""Agencies that may where the table leaves more to the service: a plan is moved by the agency that had it made and by
owners, and whoever neither contributes nor approves only reads what is said."""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.asyncio(loop_scope="module")]


async def test_who_may_change_something_is_not_refused_for_who_it_is(world: World) -> None:
    """Every permitted change by every agency and role; whoever leaves the mission leaves it at the end."""
    signer, counted, wrong = service_tokens(GATEWAY), Counter[str](), []
    left: set[tuple[str, str]] = set()
    methods = {path: method for path, method in contract_methods().items() if path in CALLS and changes(path)}
    for path in sorted(methods, key=lambda each: (each == LEAVING, each)):
        area = path.split(".")[1]
        name = SERVED_BY.get(area, "planner")
        async with grpc.aio.insecure_channel(world.services[name].target) as channel:
            for agency_id in POSITIONS:
                for role in ROLES:
                    identity = principal(agency_id, role)
                    request, names_mission = request_of(methods[path], world)
                    if expected(identity, path, names_mission=names_mission) != "allowed" or (path, agency_id) in left:
                        continue
                    code, told = await answer_of(channel, path, methods[path], request, signer.sign(identity, name))
                    counted[code] += 1
                    if path == LEAVING and code == "OK":
                        left.add((path, agency_id))
                    may = agency_id in NARROWER.get(methods[path].name, POSITIONS)
                    refused = names_mission and REFUSALS.search(told) is not None
                    if refused is may or code in ("UNKNOWN", "INTERNAL", "UNAUTHENTICATED"):
                        wrong.append((path, agency_id, role.name, code, told[:200]))
    assert not wrong, f"{len(wrong)} wrong of {counted}: {wrong[:40]}"
    assert counted.total() > 400
    assert counted["OK"] > 10
