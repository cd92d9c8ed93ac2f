import json
import stat
from pathlib import Path

import pytest
from gateway_platform import BOOTSTRAP_KEYS, GatewayPlatform
from malapert_core.policy.identity import Role
from malapert_gateway.config import GatewaySettings
from malapert_gateway.domain.api_key import parse_bearer_key
from malapert_gateway.factory import MIGRATIONS
from malapert_gateway.storage.tables import GatewayTable, KeyRow
from malapert_testing.schema import schema_drift
from pydantic import ValidationError
from sqlmodel import select


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
    assert not await platform.gateway.keys.issue_first([("ESA", Role.OPERATOR)], platform.keys_file)
    assert platform.keys_file.read_text() == before


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
    assert key in listed
    assert "secret" not in json.dumps(listed)
    revoked = await platform.http.delete(f"/api/v1/keys/{key['key_id']}", headers=operator)
    assert revoked.json()["revoked_time"] is not None
    refused = await platform.http.get("/api/v1/whoami", headers=bearer)
    assert (refused.status_code, refused.json()["reason"]) == (401, "INVALID_KEY")
    assert (await platform.http.delete("/api/v1/keys/0123", headers=operator)).json()["reason"] == "UNKNOWN_KEY"


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
