"""Admission, enrolment and suspension of agencies, their public keys, and what is done on the host."""

import asyncio
import json
import subprocess
import sys
import time
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from gateway_platform import GatewayPlatform, sent_events, served
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey
from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database
from malapert_core.db.migrations import alembic_config, run_migrations
from malapert_core.db.tables import AuditEntryRow
from malapert_core.policy.identity import Identity, Role
from malapert_core.vocabulary.content_hash import content_hash
from malapert_gateway.domain.agency import AgencyState
from malapert_gateway.domain.api_key import hash_secret
from malapert_gateway.factory import MIGRATIONS
from malapert_gateway.services.host_keys import HostKeys
from malapert_gateway.services.key_cache import KeyCache
from malapert_gateway.services.key_service import KeyService
from malapert_gateway.services.people import People
from malapert_gateway.storage.agency_store import AgencyStore
from malapert_gateway.storage.key_store import KeyStore
from malapert_testing.identities import identity_settings
from sqlmodel import select

ESA_KEY, SECOND_KEY, OTHER_KEY = (OKPKey.generate_key("Ed25519") for _ in range(3))


def public(key: OKPKey, **members: Any) -> dict[str, Any]:
    return dict(key.as_dict(private=False)) | {"kid": key.thumbprint()} | members


def proof(key: OKPKey = ESA_KEY, *, header: dict[str, Any] | None = None, **claims: Any) -> str:
    now_s = int(time.time())
    stated = {"iss": "ESA", "aud": "malapert", "purpose": "enrol", "iat": now_s, "exp": now_s + 300} | claims
    head = {"alg": "Ed25519", "kid": key.thumbprint()} | (header or {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return jwt.encode(head, stated, key, algorithms=[head["alg"]])


async def admit(platform: GatewayPlatform, *keys: OKPKey, agency_id: str = "ESA") -> Any:
    key_set = {"keys": [public(key) for key in keys or (ESA_KEY,)]}
    body = {"agency_id": agency_id, "name": "European", "key_set": key_set}
    return await platform.http.post("/api/v1/agencies", json=body, headers=platform.bearer("MALAPERT", "PLATFORM"))


async def enrol(platform: GatewayPlatform, token: str, agency_id: str = "ESA") -> Any:
    return await platform.http.post(f"/api/v1/agencies/{agency_id}:enrol", json={"proof": token})


@pytest.mark.asyncio
async def test_an_agency_is_admitted_and_enrols_itself_once(platform: GatewayPlatform) -> None:
    http = platform.http
    admitted = await admit(platform)
    assert admitted.status_code == 201, admitted.text
    assert admitted.json() | {"admitted_time": ""} == {
        "agency_id": "ESA",
        "name": "European",
        "state": "ADMITTED",
        "key_set_version": 1,
        "admitted_time": "",
        "enrolled_time": None,
        "suspended_time": None,
    }
    seen = await http.get("/api/v1/agencies/ESA/keys", headers=platform.bearer("JAXA", "VIEWER"))
    assert seen.json() == {"keys": [public(ESA_KEY, use="sig")]}
    enrolled = await enrol(platform, proof())
    assert enrolled.status_code == 201, enrolled.text
    assert enrolled.json()["key"]["role"] == "ADMINISTRATOR"
    headers = {"Authorization": f"Bearer {enrolled.json()['bearer_key']}"}
    assert (await http.get("/api/v1/whoami", headers=headers)).json()["agency_id"] == "ESA"
    assert (await http.post("/api/v1/keys", json={"role": "APPROVER"}, headers=headers)).status_code == 201
    again = await enrol(platform, proof())
    assert (again.status_code, again.json()["reason"]) == (409, "ENROLLED")
    async with platform.runtime.database.reading() as session:
        rows = await session.exec(select(AuditEntryRow).where(AuditEntryRow.agency_id == "ESA"))
        actions = [row.action for row in rows]
    assert actions == ["agency.enrolled", "key.created"]


@pytest.mark.asyncio
async def test_two_enrolments_at_once_make_one_key(platform: GatewayPlatform) -> None:
    await admit(platform)
    answers = await asyncio.gather(*(enrol(platform, proof()) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


@pytest.mark.asyncio
async def test_who_is_suspended_or_has_other_keys_meanwhile_does_not_enrol(platform: GatewayPlatform) -> None:
    """An enrolment that waits for somebody else's change of the agency is judged by what the agency is after it."""
    await admit(platform)
    store, database = AgencyStore(), platform.runtime.database
    for change in ({"state": AgencyState.SUSPENDED}, {"state": AgencyState.ADMITTED, "key_set": (public(OTHER_KEY),)}):
        async with database.transaction() as session:
            agency = await store.locked(session, "ESA")
            waiting = asyncio.create_task(enrol(platform, proof()))
            await asyncio.sleep(0.3)
            await store.save(session, replace(agency, **change))  # type: ignore[arg-type]
        answer = await waiting
        assert (answer.status_code, answer.json()["reason"]) == (401, "INVALID_PROOF")
    assert (await enrol(platform, proof(OTHER_KEY))).status_code == 201


NOW_S = int(time.time())
BAD_PROOFS = {
    "another-key": lambda: proof(OTHER_KEY),
    "another-key-by-its-name": lambda: proof(OTHER_KEY, header={"kid": ESA_KEY.thumbprint()}),
    "no-key-named": lambda: proof(header={"kid": ""}),
    "key-in-the-header": lambda: proof(header={"jwk": public(OTHER_KEY)}),
    "another-agency": lambda: proof(iss="JAXA"),
    "another-installation": lambda: proof(aud="elsewhere"),
    "another-purpose": lambda: proof(purpose="rotate-key-set"),
    "expired": lambda: proof(iat=NOW_S - 700, exp=NOW_S - 400),
    "not-yet": lambda: proof(iat=NOW_S + 4000, exp=NOW_S + 4100),
    "for-a-year": lambda: proof(exp=NOW_S + 31_536_000),
    "endless": lambda: proof(exp=1e400),
    "time-as-text": lambda: proof(exp=str(NOW_S)),
    "one-claim-more": lambda: proof(role="PLATFORM"),
    "unsigned": lambda: "eyJhbGciOiJub25lIn0." + proof().split(".")[1] + ".",
    "signature-cut-off": lambda: proof().rpartition(".")[0] + ".",
    "garbage": lambda: "no.proof.atall",
    "not-ascii": lambda: "ü.ü.ü",
}


@pytest.mark.asyncio
async def test_no_other_proof_enrols(sqlite_platform: GatewayPlatform) -> None:
    await admit(sqlite_platform)
    for name, make in BAD_PROOFS.items():
        answer = await enrol(sqlite_platform, make())
        assert (answer.status_code, answer.json()["reason"]) == (401, "INVALID_PROOF"), name
    # Neither an agency without keys nor one that is not there is told apart.
    details = []
    for agency_id in ("JAXA", "NOBODY"):
        answer = await enrol(sqlite_platform, proof(iss=agency_id), agency_id)
        assert (answer.status_code, answer.json()["reason"]) == (401, "INVALID_PROOF")
        details.append(answer.json()["detail"].replace(agency_id, ""))
    assert details[0] == details[1]
    # RFC 8037's name of the algorithm is understood, too.
    assert (await enrol(sqlite_platform, proof(header={"alg": "EdDSA"}))).status_code == 201


@pytest.mark.asyncio
async def test_proofs_that_fail_are_counted_by_address(sqlite_platform: GatewayPlatform) -> None:
    statuses = [(await enrol(sqlite_platform, "no.proof.atall")).status_code for _ in range(61)]
    assert statuses[0] == 401
    assert statuses[-1] == 429


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ([], "key_set.keys"),
        ([public(ESA_KEY)] * 2, "key_set.keys[1].kid"),
        ([public(ESA_KEY), public(ESA_KEY, kid="twice")], "key_set.keys[1].x"),
        ([public(OKPKey.generate_key("Ed25519")) for _ in range(11)], "key_set.keys"),
        ([dict(ESA_KEY.as_dict(private=True))], "key_set.keys[0].d"),
        ([public(OKPKey.generate_key("X25519"))], "key_set.keys[0].crv"),
        ([dict(ECKey.generate_key("P-256").as_dict(private=False))], "key_set.keys[0].kty"),
        ([public(ESA_KEY, x="AAAA")], "key_set.keys[0].x"),
        ([public(ESA_KEY, x=1)], "key_set.keys[0].x"),
        ([public(ESA_KEY, kid=1)], "key_set.keys[0].kid"),
        ([public(ESA_KEY, alg="HS256")], "key_set.keys[0].alg"),
        ([public(ESA_KEY, use="enc")], "key_set.keys[0].use"),
        ([public(ESA_KEY, x5u="https://example.org/key")], "key_set.keys[0].x5u"),
        (["text"], "key_set.keys[0]"),
        ([{}], "key_set.keys[0].kty"),
    ],
)
async def test_a_key_set_that_is_none_is_refused_by_name(
    sqlite_platform: GatewayPlatform, keys: list[Any], path: str
) -> None:
    body = {"agency_id": "ESA", "key_set": {"keys": keys}}
    answer = await sqlite_platform.http.post(
        "/api/v1/agencies", json=body, headers=sqlite_platform.bearer("MALAPERT", "PLATFORM")
    )
    assert answer.status_code == 422
    assert path in [error["path"].removeprefix("body.") for error in answer.json()["errors"]], answer.text
    assert ESA_KEY.as_dict(private=True)["d"] not in answer.text


@pytest.mark.asyncio
async def test_an_agency_is_there_once_whatever_its_case(sqlite_platform: GatewayPlatform) -> None:
    for agency_id in ("JAXA", "jaxa", "Malapert"):
        answer = await admit(sqlite_platform, agency_id=agency_id)
        assert (answer.status_code, answer.json()["reason"]) == (409, "AGENCY_EXISTS")
    for agency_id in ("", "a b", "x" * 65, "../ESA"):
        assert (await admit(sqlite_platform, agency_id=agency_id)).status_code == 422
    absent = await sqlite_platform.http.get("/api/v1/agencies/NOBODY", headers=sqlite_platform.bearer())
    assert absent.status_code == 404


@pytest.mark.asyncio
async def test_a_key_set_is_replaced_by_a_signature_of_an_old_key_once(platform: GatewayPlatform) -> None:
    http = platform.http
    await admit(platform)
    headers = {"Authorization": f"Bearer {(await enrol(platform, proof())).json()['bearer_key']}"}
    new_set = {"keys": [public(SECOND_KEY, use="sig")]}

    def signed(key: OKPKey, version: int, keys: Any = new_set) -> str:
        return proof(key, purpose="rotate-key-set", key_set_hash=content_hash(keys), replaces_version=version)

    async def replaced(token: str, bearer: dict[str, str] = headers) -> tuple[int, str]:
        body = {"key_set": new_set, "proof": token}
        answer = await http.post("/api/v1/agencies/ESA/keys:rotate", json=body, headers=bearer)
        return answer.status_code, answer.json().get("reason", "")

    for token in (signed(SECOND_KEY, 1), signed(ESA_KEY, 2), signed(ESA_KEY, 1, {"keys": []}), proof()):
        assert await replaced(token) == (401, "INVALID_PROOF")
    token = signed(ESA_KEY, 1)
    assert (await replaced(token, platform.bearer("JAXA", "ADMINISTRATOR")))[0] == 403
    assert (await replaced(token, platform.bearer("MALAPERT", "PLATFORM")))[0] == 403
    assert await replaced(token) == (200, "")
    assert (await http.get("/api/v1/agencies/ESA/keys", headers=headers)).json() == new_set
    assert await replaced(token) == (401, "INVALID_PROOF")
    assert (await http.get("/api/v1/agencies/ESA", headers=headers)).json()["key_set_version"] == 2


@pytest.mark.asyncio
async def test_keys_of_a_suspended_agency_are_refused_until_it_is_admitted_again(platform: GatewayPlatform) -> None:
    http, chief, viewer = platform.http, platform.bearer("MALAPERT", "PLATFORM"), platform.bearer("JAXA", "VIEWER")
    suspended = await http.post("/api/v1/agencies/JAXA:suspend", json={"reason": "left"}, headers=chief)
    assert suspended.json()["state"] == "SUSPENDED"
    refused = await http.get("/api/v1/whoami", headers=viewer)
    assert (refused.status_code, refused.json()["reason"]) == (403, "AGENCY_SUSPENDED")
    assert "left" in refused.json()["detail"]
    assert (await http.get("/api/v1/whoami", headers=platform.bearer("ISRO", "PLANNER"))).status_code == 200
    listed = (await http.get("/api/v1/agencies?states=SUSPENDED", headers=chief)).json()["agencies"]
    assert [agency["agency_id"] for agency in listed] == ["JAXA"]
    own = await http.post("/api/v1/agencies/MALAPERT:suspend", json={}, headers=chief)
    assert (own.status_code, own.json()["reason"]) == (409, "OWN_AGENCY")
    assert (await http.post("/api/v1/agencies/NOBODY:suspend", json={}, headers=chief)).status_code == 404
    assert (await http.post("/api/v1/agencies/JAXA:readmit", headers=chief)).json()["state"] == "ADMITTED"
    assert (await http.get("/api/v1/whoami", headers=viewer)).status_code == 200


@pytest.mark.asyncio
@pytest.mark.parametrize("end", ["revoke", "expire", "suspend"])
async def test_an_open_stream_ends_within_seconds_of_its_key(
    sqlite_platform: GatewayPlatform, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    """An open stream outlived its revoked key."""
    monkeypatch.setattr("malapert_gateway.streams._CHECK_S", 0.05)
    administrator = sqlite_platform.bearer("JAXA", "ADMINISTRATOR")
    chief = sqlite_platform.bearer("MALAPERT", "PLATFORM")
    made = (await sqlite_platform.http.post("/api/v1/keys", json={"role": "VIEWER"}, headers=administrator)).json()
    headers, key_id = {"Authorization": f"Bearer {made['bearer_key']}"}, made["key"]["key_id"]
    async with (
        served(sqlite_platform) as (_, http),
        http.stream("GET", "/api/v1/events", headers=headers) as stream,
        asyncio.timeout(20),
    ):
        events = sent_events(stream)
        assert (await anext(events))["event"] == "open"
        if end == "revoke":
            await http.delete(f"/api/v1/keys/{key_id}", headers=administrator)
        elif end == "suspend":
            await http.post("/api/v1/agencies/JAXA:suspend", json={}, headers=chief)
        else:
            await http.post(f"/api/v1/keys/{key_id}:rotate", json={"overlap_s": 0}, headers=administrator)
        assert [event async for event in events] == []


@pytest.mark.asyncio
async def test_the_host_lets_a_locked_out_agency_in_and_is_seen(
    sqlite_platform: GatewayPlatform, tmp_path: Path
) -> None:
    settings = {
        "DATABASE_URL": sqlite_platform.runtime.settings.database_url,
        **{name.upper(): str(path) for name, path in identity_settings(tmp_path, "gateway").items()},
    }
    environment = {f"MALAPERT_GATEWAY_{name}": value for name, value in settings.items()}

    def admin(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "malapert_gateway", "admin", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)

    made = await asyncio.to_thread(admin, "new-key", "--agency", "JAXA", "--role", "ADMINISTRATOR")
    assert made.returncode == 0, made.stderr
    headers = {"Authorization": f"Bearer {made.stdout.strip()}"}
    keys = (await sqlite_platform.http.get("/api/v1/keys", headers=headers)).json()["keys"]
    assert [key["role"] for key in keys if key["created_by"].startswith("host:")] == ["ADMINISTRATOR"]
    assert keys[-1]["is_made_on_host"]
    async with sqlite_platform.runtime.database.reading() as session:
        rows = list(await session.exec(select(AuditEntryRow).where(AuditEntryRow.entity_id == keys[-1]["key_id"])))
    (row,) = rows
    assert (row.action, row.agency_id, row.principal_id.partition(":")[0]) == ("key.created_on_host", "JAXA", "host")
    unknown = await asyncio.to_thread(admin, "new-key", "--agency", "NASA", "--role", "ADMINISTRATOR")
    assert unknown.returncode != 0
    assert "UNKNOWN_AGENCY" in unknown.stderr
    assert "ISRO, JAXA" in unknown.stderr
    listed = await asyncio.to_thread(admin, "list-agencies")
    assert [line.split("\t")[0] for line in listed.stdout.splitlines()] == ["ISRO", "JAXA", "MALAPERT"]
    assert "2 ADMINISTRATOR" in listed.stdout
    assert (await asyncio.to_thread(admin, "new-key", "--agency", "JAXA", "--role", "SERVICE")).returncode == 2


def to_revision(revision: str) -> Any:
    def upgrade(connection: sa.Connection) -> None:
        config = alembic_config(MIGRATIONS)
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    return upgrade


@pytest.mark.asyncio
async def test_keys_of_the_schema_before_are_kept(database_url: str) -> None:
    database = Database(database_url)
    kept = (("a1", "JAXA", "planner"), ("b2", "ESA", "operator"), ("c3", "JAXA", "viewer"))
    insert = sa.text(
        "INSERT INTO api_key (key_id, secret_hash, agency_id, role, label, created_time)"
        " VALUES (:key_id, :hash, :agency, :role, 'desk', '2026-11-01 00:00:00')"
    )
    try:
        async with database.engine.begin() as connection:
            await connection.run_sync(to_revision("0002"))
            for key_id, agency_id, role in kept:
                values = {"key_id": key_id, "hash": hash_secret("aa"), "agency": agency_id, "role": role}
                await connection.execute(insert, values)
        await run_migrations(database, MIGRATIONS)
        keys = KeyService(database, KeyStore(), AgencyStore(), AuditTrail("gateway"), KeyCache(), People())
        for key_id, agency_id, role in kept:
            identity = (await keys.identify(f"Bearer mlp_{key_id}_aa")).identity
            assert identity == Identity(agency_id, Role(role), key_id, f"key:{key_id}")
        agencies = await HostKeys(database, AuditTrail("gateway")).agencies()
        assert [(agency.agency_id, agency.state, len(its_keys)) for agency, its_keys in agencies] == [
            ("ESA", "ADMITTED", 1),
            ("JAXA", "ADMITTED", 2),
        ]
    finally:
        await database.close()


@pytest.mark.asyncio
async def test_an_agency_enrols_from_the_command_line(sqlite_platform: GatewayPlatform, tmp_path: Path) -> None:
    file = tmp_path / "esa.pem"

    def key(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "malapert_cli", "key", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    made = await asyncio.to_thread(key, "new-agency-key", str(file))
    assert file.stat().st_mode & 0o077 == 0
    body = {"agency_id": "ESA", "key_set": json.loads(made.stdout)}
    chief = sqlite_platform.bearer("MALAPERT", "PLATFORM")
    assert (await sqlite_platform.http.post("/api/v1/agencies", json=body, headers=chief)).status_code == 201
    kept = file.read_bytes()
    assert (await asyncio.to_thread(key, "new-agency-key", str(file))).returncode == 2
    assert file.read_bytes() == kept
    async with served(sqlite_platform) as (_, http):
        enrol = ("enrol", str(file), "--agency", "ESA", "--url", str(http.base_url))
        elsewhere = await asyncio.to_thread(key, *enrol, "--installation", "elsewhere")
        assert (elsewhere.returncode, "INVALID_PROOF" in elsewhere.stderr) == (1, True)
        enrolled = await asyncio.to_thread(key, *enrol)
        assert enrolled.returncode == 0, enrolled.stderr
        headers = {"Authorization": f"Bearer {enrolled.stdout.strip()}"}
        assert (await http.get("/api/v1/whoami", headers=headers)).json()["role"] == "ADMINISTRATOR"
        again = await asyncio.to_thread(key, *enrol)
        assert (again.returncode, "ENROLLED" in again.stderr) == (1, True)
