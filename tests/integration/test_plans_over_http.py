"""Plans through the gateway by real keys: signed reviews, drafts laid aside, and an agency's requests in a plan."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from access_world import MISSION_ID, OF_NASA, World, principal
from joserfc.jwk import OKPKey
from malapert_core.policy.identity import Role
from malapert_core.signing.statement import Decision, ReviewStatement, sign_statement
from malapert_core.timestamps import utc_now
from malapert_gateway.storage.agency_store import AgencyStore
from malapert_planner.domain.life.acts import PlanAction
from malapert_planner.services.plans.record import act_of
from malapert_planner.storage.plans import PlanStore

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="module")]

OWN_KEY, OTHER_KEY, NEW_KEY = (OKPKey.generate_key("Ed25519") for _ in range(3))


async def pinned(world: World, agency_id: str, *keys: OKPKey) -> None:
    """Pin an agency's public keys as its set, in place of those before."""
    key_set = tuple(dict(key.as_dict(private=False)) | {"kid": key.thumbprint()} for key in keys)
    async with world.database.transaction() as session:
        agency = await AgencyStore().locked(session, agency_id)
        await AgencyStore().save(session, replace(agency, key_set=key_set))


async def seen(world: World, plan_id: str, agency_id: str = "ESA", role: Role = Role.APPROVER) -> Any:
    answer = await world.http.get(f"/api/v1/plans/{plan_id}", headers=world.bearer(agency_id, role))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def act(world: World, path: str, body: Any = None, agency_id: str = "JAXA", role: Role = Role.PLANNER) -> Any:
    return await world.http.post(f"/api/v1{path}", json=body, headers=world.bearer(agency_id, role))


def signed(plan: Any, key: OKPKey = OWN_KEY, **stated: Any) -> str:
    statement = ReviewStatement(
        plan_id=plan["plan_id"],
        mission_id=plan["mission_id"],
        content_hash=plan["content_hash"],
        agency_id="ESA",
        decision=Decision.APPROVED,
        conditions=(),
        notices_hash=plan.get("agency_notices_hash") or plan["notices_hash"],
        principal_id="person:of-esa",
        time=utc_now(),
    )
    return sign_statement(replace(statement, **stated), key)


async def review(world: World, plan: Any, signature: str, **changes: Any) -> Any:
    notices_hash = plan.get("agency_notices_hash") or plan["notices_hash"]
    body = {"content_hash": plan["content_hash"], "approve": True, "notices_hash": notices_hash, "signature": signature}
    return await act(world, f"/plans/{plan['plan_id']}:review", body | changes, "ESA", Role.APPROVER)


async def planned(world: World) -> str:
    """Make a plan of the mission and return its identifier."""
    begun = (await act(world, "/plans", {"mission_id": MISSION_ID})).json()
    while begun["state"] in ("QUEUED", "RUNNING"):
        headers = world.bearer("JAXA", Role.PLANNER)
        begun = (await world.http.get(f"/api/v1/operations/{begun['operation_id']}", headers=headers)).json()
    assert begun["state"] == "SUCCEEDED", begun
    return str(begun["result_id"])


async def test_a_review_is_signed_by_the_agency_s_pinned_key_for_this_plan_as_it_is(world: World) -> None:
    plan_ids = [world.plan_id, await planned(world)]
    for plan_id in plan_ids:
        assert (await act(world, f"/plans/{plan_id}:submit")).status_code == 200
    plan, other = [await seen(world, plan_id) for plan_id in plan_ids]
    unpinned = await review(world, plan, signed(plan))
    assert (unpinned.status_code, unpinned.json()["reason"]) == (422, "INVALID_SIGNATURE")
    await pinned(world, "ESA", OWN_KEY)
    digits = plan["content_hash"].rpartition(":")[2]
    altered = plan["content_hash"].replace(digits, digits[::-1])
    for name, signature in {
        "another key": signed(plan, OTHER_KEY),
        "for another plan": signed(other),
        "of altered content": signed(plan, content_hash=altered),
        "of another agency": signed(plan, agency_id="JAXA"),
        "of another decision": signed(plan, decision=Decision.REJECTED),
        "with conditions": signed(plan, conditions=("after noon",)),
        "of other notices": signed(plan, notices_hash="sha256:" + "0" * 64),
        "cut off": signed(plan)[:-8],
        "garbage": "a.b.c",
    }.items():
        answer = await review(world, plan, signature)
        assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_SIGNATURE"), name
    assert (await seen(world, plan["plan_id"]))["reviews"] == []
    accepted = await review(world, plan, signed(plan))
    assert accepted.status_code == 200, accepted.text
    (said,) = accepted.json()["reviews"]
    assert (said["agency_id"], said["decision"], bool(said["signature"])) == ("ESA", "APPROVED", True)
    # What one plan was told is no say on another, and a key that was taken back signs no more.
    assert (await review(world, other, said["signature"])).json()["reason"] == "INVALID_SIGNATURE"
    await pinned(world, "ESA", NEW_KEY)
    assert (await review(world, other, signed(other))).json()["reason"] == "INVALID_SIGNATURE"
    assert (await review(world, other, signed(other, NEW_KEY))).status_code == 200
    stale = await review(world, other, signed(other, NEW_KEY, content_hash=altered), content_hash=altered)
    assert stale.status_code in (409, 422)


async def test_a_draft_that_was_laid_aside_is_restored_by_who_plans_the_mission(world: World) -> None:
    plan_id = await planned(world)
    runtime = world.services["planner"].runtime
    async with runtime.database.transaction() as session:
        plan = await PlanStore().get(session, plan_id)
        clerk = principal("JAXA", Role.PLANNER)
        archived = plan.archived(act_of(PlanAction.ARCHIVED, clerk, datetime.now(UTC), "no change for 30 days"))
        await PlanStore().save(session, archived)
    told = await seen(world, plan_id)
    assert (told["state"], told["state_reason"]) == ("ARCHIVED", "no change for 30 days")
    assert (await act(world, f"/plans/{plan_id}:submit")).json()["reason"] == "WRONG_STATE"
    for agency_id, role, status in (
        ("OUTSIDE", Role.PLANNER, 404),
        ("FORMER", Role.PLANNER, 404),
        ("NASA", Role.PLANNER, 403),
        ("JAXA", Role.VIEWER, 403),
    ):
        assert (await act(world, f"/plans/{plan_id}:restore", None, agency_id, role)).status_code == status, agency_id
    restored = await act(world, f"/plans/{plan_id}:restore")
    assert (restored.status_code, restored.json()["state"]) == (200, "DRAFT")
    again = await act(world, f"/plans/{plan_id}:restore")
    assert (again.status_code, again.json()["reason"]) == (409, "WRONG_STATE")


async def test_an_agency_is_told_of_its_own_requests_in_a_plan_alone(world: World) -> None:
    hidden, plan_id = OF_NASA.lower(), world.plan_id

    async def get(path: str, agency_id: str) -> Any:
        return await world.http.get(f"/api/v1/plans/{plan_id}{path}", headers=world.bearer(agency_id, Role.VIEWER))

    listed = {each: (await get("/requests", each)) for each in ("JAXA", "NASA", "ISRO", "UKSA", "OUTSIDE", "FUTURE")}
    for agency_id, answer in listed.items():
        if agency_id in ("OUTSIDE", "FUTURE"):
            assert answer.status_code == 404
            continue
        assert {each["agency_id"] for each in answer.json()["requests"]} <= {agency_id}
        assert (OF_NASA in answer.text) == (agency_id == "NASA")
    assert hidden in {each["request_id"] for each in listed["NASA"].json()["requests"]}
    whole = await get(f"/requests/{hidden}", "NASA")
    assert (whole.status_code, whole.json()["title"], whole.json()["state"]) == (200, OF_NASA, "UNPLANNED")
    for agency_id in ("JAXA", "ISRO", "UKSA", "OUTSIDE"):
        answers = [await get(f"/requests/{each}", agency_id) for each in (hidden, "no-such-request")]
        assert [answer.status_code for answer in answers] == [404, 404]
        told = [answer.text.replace(hidden, "no-such-request") for answer in answers]
        assert len({text.partition("traceId")[0] for text in told}) == 1
