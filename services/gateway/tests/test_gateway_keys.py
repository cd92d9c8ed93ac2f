import asyncio
import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from gateway_platform import BOOTSTRAP_KEYS, GatewayPlatform
from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database
from malapert_core.db.migrations import run_migrations
from malapert_core.db.tables import AuditEntryRow
from malapert_core.policy.identity import Role
from malapert_core.timestamps import parse_time, utc_now
from malapert_gateway.config import GatewaySettings
from malapert_gateway.domain.api_key import parse_bearer_key
from malapert_gateway.factory import MIGRATIONS
from malapert_gateway.services import key_cache
from malapert_gateway.services.host_keys import HostKeys
from malapert_gateway.services.key_service import USE_RESOLUTION
from malapert_gateway.storage.tables import GatewayTable, KeyRow
from malapert_testing.schema import schema_drift
from pydantic import ValidationError
from sqlmodel import select

LATER = (utc_now() + timedelta(days=3000)).replace(microsecond=0).isoformat().replace("+00:00", "Z")
ESA = {"agency_id": "ESA", "key_set": {"keys": []}}


@pytest.mark.asyncio
async def test_migrations_and_tables_say_the_same(database_url: str) -> None:
    assert await schema_drift(database_url, MIGRATIONS, GatewayTable.metadata) == []


@pytest.mark.asyncio
async def test_first_start_writes_keys_for_its_owner_alone(platform: GatewayPlatform) -> None:
    entries = json.loads(platform.keys_file.read_text())["keys"]
    assert [f"{entry['agency_id']}:{entry['role']}" for entry in entries] == BOOTSTRAP_KEYS.split(",")
    assert stat.S_IMODE(platform.keys_file.stat().st_mode) == 0o600
    for (agency_id, role), key in platform.keys.items():
        answer = await platform.http.get("/api/v1/whoami", headers={"Authorization": f"Bearer {key}"})
        assert (answer.json()["agency_id"], answer.json()["role"]) == (agency_id, role)
    async with platform.runtime.database.reading() as session:
        rows = list(await session.exec(select(KeyRow)))
    secrets = [parse_bearer_key(key).secret for key in platform.keys.values()]  # type: ignore[union-attr]
    assert len(rows) == len(secrets)
    assert not any(secret in str(row.model_dump()) for secret in secrets for row in rows)


@pytest.mark.asyncio
async def test_second_start_leaves_keys_as_they_are(platform: GatewayPlatform) -> None:
    before = platform.keys_file.read_text()
    assert not await HostKeys(platform.runtime.database, platform.runtime.audit).issue_first(
        [("ESA", Role.OPERATOR)], platform.keys_file
    )
    assert platform.keys_file.read_text() == before


@pytest.mark.asyncio
async def test_of_gateways_that_start_at_once_one_makes_the_first_keys(database_url: str, tmp_path: Path) -> None:
    databases = [Database(database_url) for _ in range(4)]
    await run_migrations(databases[0], MIGRATIONS)
    wanted = [("MALAPERT", Role.PLATFORM), ("JAXA", Role.ADMINISTRATOR)]
    trail = AuditTrail("gateway")
    makers = [HostKeys(database, trail) for database in databases]
    made = await asyncio.gather(*(each.issue_first(wanted, tmp_path / "keys.json") for each in makers))
    assert sum(made) == 1
    async with databases[0].reading() as session:
        rows = list(await session.exec(select(KeyRow)))
    entries = json.loads((tmp_path / "keys.json").read_text())["keys"]
    assert {parse_bearer_key(entry["key"]).key_id for entry in entries} == {row.key_id for row in rows}  # type: ignore[union-attr]
    for database in databases:
        await database.close()


@pytest.mark.asyncio
async def test_a_key_is_made_used_listed_and_revoked(platform: GatewayPlatform) -> None:
    operator = platform.bearer("JAXA", "ADMINISTRATOR")
    wanted = {"agency_id": "JAXA", "role": "APPROVER", "label": "Review board"}
    made = await platform.http.post("/api/v1/keys", json=wanted, headers=operator)
    assert made.status_code == 201
    key, bearer = made.json()["key"], {"Authorization": f"Bearer {made.json()['bearer_key']}"}
    assert {name: key[name] for name in wanted} == wanted
    assert (await platform.http.get("/api/v1/whoami", headers=bearer)).json()["agency_id"] == "JAXA"
    listed = (await platform.http.get("/api/v1/keys", headers=operator)).json()["keys"]
    assert key | {"last_used_time": None} in [each | {"last_used_time": None} for each in listed]
    assert "secret" not in json.dumps(listed)
    revoked = await platform.http.delete(f"/api/v1/keys/{key['key_id']}", headers=operator)
    assert revoked.json()["revoked_time"] is not None
    refused = await platform.http.get("/api/v1/whoami", headers=bearer)
    assert (refused.status_code, refused.json()["reason"]) == (401, "INVALID_KEY")
    assert (await platform.http.delete("/api/v1/keys/0123", headers=operator)).json()["reason"] == "UNKNOWN_KEY"


@pytest.mark.asyncio
@pytest.mark.parametrize("role", ["OPERATOR", "PLANNER", "APPROVER", "REQUESTER", "VIEWER"])
async def test_only_administrators_see_to_keys(sqlite_platform: GatewayPlatform, role: str) -> None:
    http, headers = sqlite_platform.http, sqlite_platform.bearer("JAXA", role)
    calls = [
        http.post("/api/v1/keys", json={"role": "APPROVER"}, headers=headers),
        http.get("/api/v1/keys", headers=headers),
        http.delete("/api/v1/keys/5f0c1d2e3a4b5c6d", headers=headers),
        http.post("/api/v1/keys/5f0c1d2e3a4b5c6d:rotate", headers=headers),
        http.post("/api/v1/keys/5f0c1d2e3a4b5c6d:expire", json={"expire_time": LATER}, headers=headers),
        http.post("/api/v1/agencies", json=ESA, headers=headers),
        http.post("/api/v1/agencies/ISRO:suspend", json={}, headers=headers),
    ]
    for call in calls:
        assert (await call).status_code == 403


@pytest.mark.asyncio
async def test_nobody_makes_sees_or_ends_another_agencys_keys(platform: GatewayPlatform) -> None:
    """An OPERATOR of any agency made an APPROVER key of another, and revoked all of its keys."""
    http, isro = platform.http, platform.bearer("ISRO", "ADMINISTRATOR")
    theirs = parse_bearer_key(platform.keys["JAXA", "APPROVER"]).key_id  # type: ignore[union-attr]
    assert (
        await http.post("/api/v1/keys", json={"agency_id": "JAXA", "role": "APPROVER"}, headers=isro)
    ).status_code == 403
    listed = (await http.get("/api/v1/keys", headers=isro)).json()["keys"]
    assert {key["agency_id"] for key in listed} == {"ISRO"}
    body = {"expire_time": LATER}
    for there in (theirs, "0123456789abcdef"):
        answers = [
            await http.delete(f"/api/v1/keys/{there}", headers=isro),
            await http.post(f"/api/v1/keys/{there}:rotate", headers=isro),
            await http.post(f"/api/v1/keys/{there}:expire", json=body, headers=isro),
        ]
        # What is another's looks as what is not there.
        assert {(answer.status_code, answer.json()["reason"]) for answer in answers} == {(404, "UNKNOWN_KEY")}
    assert (await http.get("/api/v1/whoami", headers=platform.bearer("JAXA", "APPROVER"))).status_code == 200


@pytest.mark.asyncio
async def test_platform_sees_no_agencys_keys_and_makes_none(sqlite_platform: GatewayPlatform) -> None:
    http, platform = sqlite_platform.http, sqlite_platform.bearer("MALAPERT", "PLATFORM")
    for role in ("ADMINISTRATOR", "OPERATOR", "VIEWER"):
        for agency_id in ("JAXA", "MALAPERT"):
            answer = await http.post("/api/v1/keys", json={"agency_id": agency_id, "role": role}, headers=platform)
            assert answer.status_code == 403
    listed = (await http.get("/api/v1/keys", headers=platform)).json()["keys"]
    assert [(key["agency_id"], key["role"]) for key in listed] == [("MALAPERT", "PLATFORM")]
    theirs = parse_bearer_key(sqlite_platform.keys["JAXA", "VIEWER"]).key_id  # type: ignore[union-attr]
    assert (await http.delete(f"/api/v1/keys/{theirs}", headers=platform)).status_code == 404
    made = await http.post("/api/v1/keys", json={"role": "PLATFORM"}, headers=platform)
    assert made.status_code == 201
    administrator = sqlite_platform.bearer("JAXA", "ADMINISTRATOR")
    assert (await http.post("/api/v1/keys", json={"role": "PLATFORM"}, headers=administrator)).status_code == 403


@pytest.mark.asyncio
async def test_last_administrator_is_not_ended(platform: GatewayPlatform) -> None:
    http, first = platform.http, platform.bearer("JAXA", "ADMINISTRATOR")
    key_id = parse_bearer_key(platform.keys["JAXA", "ADMINISTRATOR"]).key_id  # type: ignore[union-attr]

    async def refused(headers: dict[str, str]) -> None:
        answers = [
            await http.delete(f"/api/v1/keys/{key_id}", headers=headers),
            await http.post(f"/api/v1/keys/{key_id}:expire", json={"expire_time": LATER}, headers=headers),
        ]
        assert [(answer.status_code, answer.json()["reason"]) for answer in answers] == [(409, "LAST_KEY")] * 2
        assert "ADMINISTRATOR" in answers[0].json()["detail"]

    await refused(first)
    # Neither a key of another role, nor one that soon ends, could make others.
    soon = (utc_now() + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    for wish in ({"role": "OPERATOR"}, {"role": "ADMINISTRATOR", "expire_time": soon}):
        assert (await http.post("/api/v1/keys", json=wish, headers=first)).status_code == 201
    await refused(first)
    second = await http.post("/api/v1/keys", json={"role": "ADMINISTRATOR"}, headers=first)
    headers = {"Authorization": f"Bearer {second.json()['bearer_key']}"}
    assert (await http.delete(f"/api/v1/keys/{key_id}", headers=first)).status_code == 200
    key_id = second.json()["key"]["key_id"]
    await refused(headers)


@pytest.mark.asyncio
async def test_two_who_end_each_other_at_once_leave_one(platform: GatewayPlatform) -> None:
    http, first = platform.http, platform.bearer("JAXA", "ADMINISTRATOR")
    own_id = parse_bearer_key(platform.keys["JAXA", "ADMINISTRATOR"]).key_id  # type: ignore[union-attr]
    second = (await http.post("/api/v1/keys", json={"role": "ADMINISTRATOR"}, headers=first)).json()
    other = {"Authorization": f"Bearer {second['bearer_key']}"}
    answers = await asyncio.gather(
        http.delete(f"/api/v1/keys/{second['key']['key_id']}", headers=first),
        http.delete(f"/api/v1/keys/{own_id}", headers=other),
    )
    assert sorted(answer.status_code for answer in answers)[0] == 200
    usable = [await http.get("/api/v1/whoami", headers=headers) for headers in (first, other)]
    assert sorted(answer.status_code for answer in usable) == [200, 401]


@pytest.mark.asyncio
async def test_a_rotated_key_works_beside_its_successor_for_the_overlap(platform: GatewayPlatform) -> None:
    http, administrator = platform.http, platform.bearer("JAXA", "ADMINISTRATOR")
    wish = {"role": "PLANNER", "label": "Desk", "mission_ids": ["lupex"], "actions": ["get_plan", "list_plans"]}
    made = (await http.post("/api/v1/keys", json=wish | {"expire_time": LATER}, headers=administrator)).json()
    address = f"/api/v1/keys/{made['key']['key_id']}:rotate"
    rotated = await http.post(address, json={"overlap_s": 600}, headers=administrator)
    assert rotated.status_code == 201
    successor = rotated.json()["key"]
    assert successor["key_id"] != made["key"]["key_id"]
    for name in ("agency_id", "role", "label", "mission_ids", "actions", "principal_id"):
        assert successor[name] == made["key"][name], name
    assert abs(parse_time(successor["expire_time"]) - parse_time(LATER)) < timedelta(minutes=1)
    for text in (made["bearer_key"], rotated.json()["bearer_key"]):
        assert (await http.get("/api/v1/whoami", headers={"Authorization": f"Bearer {text}"})).status_code == 200
    listed = (await http.get("/api/v1/keys", headers=administrator)).json()["keys"]
    old = next(key for key in listed if key["key_id"] == made["key"]["key_id"])
    assert old["replaced_by"] == successor["key_id"]
    assert timedelta(seconds=590) < parse_time(old["expire_time"]) - utc_now() <= timedelta(seconds=600)
    again = await http.post(address, json={}, headers=administrator)
    assert (again.status_code, again.json()["reason"]) == (409, "KEY_REPLACED")
    at_once = await http.post(
        f"/api/v1/keys/{successor['key_id']}:rotate", json={"overlap_s": 0}, headers=administrator
    )
    assert at_once.status_code == 201
    answer = await http.get("/api/v1/whoami", headers={"Authorization": f"Bearer {rotated.json()['bearer_key']}"})
    assert answer.status_code == 401
    ended = await http.post(f"/api/v1/keys/{successor['key_id']}:rotate", headers=administrator)
    assert (ended.status_code, ended.json()["reason"]) == (409, "KEY_ENDED")


@pytest.mark.asyncio
async def test_an_expired_key_is_refused_and_whoami_tells_all_of_a_key(platform: GatewayPlatform) -> None:
    http, administrator = platform.http, platform.bearer("JAXA", "ADMINISTRATOR")
    wish = {"role": "PLANNER", "mission_ids": ["lupex"], "actions": ["get_plan"], "expire_time": LATER}
    made = (await http.post("/api/v1/keys", json=wish, headers=administrator)).json()
    headers = {"Authorization": f"Bearer {made['bearer_key']}"}
    told = (await http.get("/api/v1/whoami", headers=headers)).json()
    key_id = made["key"]["key_id"]
    assert told.pop("limits_unknown_at") == []
    limits = told.pop("limits")
    assert {(each["thing"], each["holder"]) for each in limits if each["service"] == "gateway"} == {
        (thing, holder) for thing in ("CALLS", "STREAMS") for holder in ("KEY", "AGENCY")
    }
    assert told == {
        "agency_id": "JAXA",
        "principal_id": f"key:{key_id}",
        "role": "PLANNER",
        "key_id": key_id,
        "mission_ids": ["lupex"],
        "allowed_actions": ["end_session", "get_plan", "get_session", "who_am_i"],
        "expire_time": made["key"]["expire_time"],
    }
    async with platform.runtime.database.transaction() as session:
        row = await session.get(KeyRow, key_id)
        row.expire_time = utc_now() - timedelta(seconds=1)
    refused = await http.get("/api/v1/whoami", headers=headers)
    assert (refused.status_code, refused.json()["reason"]) == (401, "INVALID_KEY")
    usable = (await http.get("/api/v1/keys?only_usable=true", headers=administrator)).json()["keys"]
    assert key_id not in [key["key_id"] for key in usable]


@pytest.mark.asyncio
async def test_a_key_for_some_missions_gets_no_answer_that_was_another_keys(sqlite_platform: GatewayPlatform) -> None:
    http, administrator = sqlite_platform.http, sqlite_platform.bearer("JAXA", "ADMINISTRATOR")
    wish = {"role": "PLANNER", "mission_ids": ["viper"]}
    made = (await http.post("/api/v1/keys", json=wish, headers=administrator)).json()
    body, key = {"contact_ids": ["c-1"]}, {"Idempotency-Key": "shared"}
    whole = {**sqlite_platform.bearer("JAXA", "PLANNER"), **key}
    assert (await http.post("/api/v1/contacts:commit", json=body, headers=whole)).status_code == 200
    scoped = {"Authorization": f"Bearer {made['bearer_key']}", **key}
    refused = await http.post("/api/v1/contacts:commit", json=body, headers=scoped)
    assert (refused.status_code, refused.json()["reason"]) == (409, "IDEMPOTENCY_KEY_REUSED")


@pytest.mark.asyncio
async def test_a_key_does_what_it_is_for_and_states_its_missions(sqlite_platform: GatewayPlatform) -> None:
    http, administrator = sqlite_platform.http, sqlite_platform.bearer("JAXA", "ADMINISTRATOR")
    wish = {"role": "PLANNER", "mission_ids": ["lupex"], "actions": ["get_plan"]}
    made = (await http.post("/api/v1/keys", json=wish, headers=administrator)).json()
    headers = {"Authorization": f"Bearer {made['bearer_key']}"}
    refused = await http.get("/api/v1/plans", headers=headers)
    assert (refused.status_code, refused.json()["reason"]) == (403, "OUT_OF_SCOPE")
    assert sqlite_platform.services.calls == []
    assert (await http.get("/api/v1/plans/p", headers=headers)).status_code == 200
    (call,) = sqlite_platform.services.calls
    assert call.identity.mission_ids == {"lupex"}
    assert call.identity.principal_id == made["key"]["principal_id"]
    assert call.identity.via_service == ""


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("wish", "path"),
    [
        ({"role": "VIEWER", "actions": ["get_plan", "release_plan"]}, "actions[1]"),
        ({"role": "VIEWER", "actions": ["no_such"]}, "actions[0]"),
        ({"role": "VIEWER", "expire_time": "2020-01-01T00:00:00Z"}, "expire_time"),
        ({"role": "SERVICE"}, "role"),
        ({"role": "VIEWER", "mission_ids": [""]}, "mission_ids[0]"),
        ({"role": "VIEWER", "scope": "all"}, "scope"),
    ],
)
async def test_a_key_that_cannot_be_is_refused_by_name(
    sqlite_platform: GatewayPlatform, wish: dict[str, object], path: str
) -> None:
    answer = await sqlite_platform.http.post(
        "/api/v1/keys", json=wish, headers=sqlite_platform.bearer("JAXA", "ADMINISTRATOR")
    )
    assert answer.status_code == 422
    assert path in [error["path"].removeprefix("body.") for error in answer.json()["errors"]]


@pytest.mark.asyncio
async def test_last_use_is_kept_coarsely(sqlite_platform: GatewayPlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_cache, "LIFETIME_S", 0.0)
    key_id = parse_bearer_key(sqlite_platform.keys["JAXA", "VIEWER"]).key_id  # type: ignore[union-attr]
    headers = sqlite_platform.bearer("JAXA", "VIEWER")
    times = []
    for _ in range(3):
        await sqlite_platform.http.get("/api/v1/whoami", headers=headers)
        async with sqlite_platform.runtime.database.reading() as session:
            times.append((await session.get(KeyRow, key_id)).last_used_time)
    assert times[0] is not None
    assert times == [times[0]] * 3
    async with sqlite_platform.runtime.database.transaction() as session:
        (await session.get(KeyRow, key_id)).last_used_time = times[0] - USE_RESOLUTION
    await sqlite_platform.http.get("/api/v1/whoami", headers=headers)
    async with sqlite_platform.runtime.database.reading() as session:
        assert (await session.get(KeyRow, key_id)).last_used_time >= times[0]


@pytest.mark.asyncio
async def test_what_is_done_to_keys_has_a_name(sqlite_platform: GatewayPlatform) -> None:
    http, administrator = sqlite_platform.http, sqlite_platform.bearer("JAXA", "ADMINISTRATOR")
    own_id = parse_bearer_key(sqlite_platform.keys["JAXA", "ADMINISTRATOR"]).key_id  # type: ignore[union-attr]
    made = (await http.post("/api/v1/keys", json={"role": "VIEWER"}, headers=administrator)).json()["key"]
    assert made["created_by"] == f"key:{own_id}"
    await http.delete(f"/api/v1/keys/{made['key_id']}", headers=administrator)
    async with sqlite_platform.runtime.database.reading() as session:
        rows = list(await session.exec(select(AuditEntryRow).where(AuditEntryRow.entity_id == made["key_id"])))
    assert [(row.action, row.agency_id, row.principal_id) for row in rows] == [
        ("key.created", "JAXA", f"key:{own_id}"),
        ("key.revoked", "JAXA", f"key:{own_id}"),
    ]


@pytest.mark.asyncio
async def test_a_secret_is_not_kept_under_an_idempotency_key(sqlite_platform: GatewayPlatform) -> None:
    headers = {**sqlite_platform.bearer("JAXA", "ADMINISTRATOR"), "Idempotency-Key": "new-key"}
    wanted = {"agency_id": "JAXA", "role": "VIEWER"}
    first = (await sqlite_platform.http.post("/api/v1/keys", json=wanted, headers=headers)).json()
    again = (await sqlite_platform.http.post("/api/v1/keys", json=wanted, headers=headers)).json()
    assert again == first | {"bearer_key": ""}
    assert first["bearer_key"].startswith("mlp_")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (None, "MISSING_KEY"),
        ("Basic eDp5", "MISSING_KEY"),
        ("Bearer ", "MISSING_KEY"),
        ("Bearer mlp_1", "INVALID_KEY"),
        ("Bearer mlp_0000000000000000_00", "INVALID_KEY"),
        # Well-formed, but of no key that was ever made.
        (f"Bearer mlp_{'0' * 16}_{'0' * 64}", "INVALID_KEY"),
    ],
)
async def test_without_a_valid_key_nobody_comes_in(
    sqlite_platform: GatewayPlatform, header: str | None, reason: str
) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = await sqlite_platform.http.get("/api/v1/plans", headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (401, reason)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert sqlite_platform.services.calls == []


@pytest.mark.asyncio
async def test_another_keys_secret_does_not_open(sqlite_platform: GatewayPlatform) -> None:
    one, other = (parse_bearer_key(sqlite_platform.keys[pair]) for pair in list(sqlite_platform.keys)[:2])
    assert one is not None
    assert other is not None
    mixed = {"Authorization": f"Bearer mlp_{one.key_id}_{other.secret}"}
    assert (await sqlite_platform.http.get("/api/v1/whoami", headers=mixed)).status_code == 401


@pytest.mark.parametrize("text", ["JAXA", "JAXA:KING", ":PLANNER", "JAXA:SERVICE"])
def test_unusable_bootstrap_keys_are_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        GatewaySettings(identity_key_file=Path("key.pem"), identity_keys_dir=Path("keys"), bootstrap_keys=text)
