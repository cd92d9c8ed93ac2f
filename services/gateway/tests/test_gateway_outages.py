"""A database or a gateway that is away: a call is told so and when to come again, and is done once all the same."""

import asyncio
import sqlite3
import time
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from gateway_platform import open_platform, served
from malapert.comms_window.v1 import contact_pb2
from malapert_core.db import database as database_module
from malapert_core.db.database import Database
from malapert_core.db.migrations import run_migrations
from malapert_core.errors import ConflictError, DatabaseAwayError
from malapert_core.rpc import health as health_module
from malapert_core.rpc.call_key import current_call_key
from malapert_core.rpc.health import BROKER, DATABASE
from malapert_gateway.domain.answer import Answer, Call
from malapert_gateway.factory import MIGRATIONS
from malapert_gateway.services.clients import ServiceName
from malapert_gateway.storage.answer_store import AnswerStore
from malapert_gateway.storage.tables import AnswerRow
from malapert_testing.postgresql import PostgresqlServer, server_binaries
from malapert_testing.services import ServiceLauncher
from sqlalchemy import delete

CALL = Call("JAXA", "key", "hash")
LEASE = timedelta(seconds=0.8)


@pytest.mark.asyncio
async def test_a_claim_lasts_as_long_as_its_call_and_not_much_longer_than_its_gateway(database_url: str) -> None:
    database = Database(database_url)
    await run_migrations(database, MIGRATIONS)
    store = AnswerStore(database, claim_lifetime=LEASE, answer_lifetime=timedelta(hours=1))
    claim = await store.claim(CALL)
    assert isinstance(claim, str)
    async with store.held(claim, CALL):
        await asyncio.sleep(2 * LEASE.total_seconds())
        with pytest.raises(ConflictError, match="IDEMPOTENCY_KEY_IN_USE"):
            await store.claim(CALL)
    await asyncio.sleep(1.2 * LEASE.total_seconds())
    again = await store.claim(CALL)
    assert isinstance(again, str)
    await store.keep(claim, CALL, Answer(201, {}, b"stale"))
    with pytest.raises(ConflictError, match="IDEMPOTENCY_KEY_IN_USE"):
        await store.claim(CALL)
    await store.keep(again, CALL, Answer(201, {}, b"fresh"))
    assert await store.claim(CALL) == Answer(201, {}, b"fresh")
    await database.close()


@pytest.fixture
def stoppable_postgresql() -> PostgresqlServer:
    binaries = server_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server binaries on this machine")
    return PostgresqlServer(binaries)


@pytest.mark.asyncio
async def test_a_database_that_is_away_is_told_as_such_and_when_to_ask_again(
    stoppable_postgresql: PostgresqlServer, nats_server: str, tmp_path: Path
) -> None:
    server = stoppable_postgresql
    server.start()
    launcher = ServiceLauncher(nats_server, server.create_database(), tmp_path / "data")
    async with open_platform(launcher, tmp_path / "keys.json") as platform, served(platform) as (_, client):
        headers = platform.bearer("JAXA", "PLANNER")
        assert (await client.get("/api/v1/keys:whoami", headers=headers)).status_code in (200, 404)
        assert (await client.get("/readyz")).json()["parts"]["database"] == "ready"
        server.stop()
        for method, path in (("GET", "/api/v1/missions"), ("POST", "/api/v1/plans"), ("GET", "/api/v1/events")):
            answer = await client.request(method, path, headers={**headers, "Idempotency-Key": "one"})
            assert answer.status_code == 503, (path, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"
            assert int(answer.headers["retry-after"]) >= 1
            assert answer.json()["reason"] == "DATABASE_UNAVAILABLE"
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["parts"]["database"]) == (503, "DATABASE_UNAVAILABLE")
        assert (await client.get("/healthz")).status_code == 200


@pytest.mark.asyncio
async def test_a_database_that_another_writer_holds_is_told_as_busy(
    sqlite_service_runtime: ServiceLauncher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "LOCK_WAIT_MS", 100)
    async with open_platform(sqlite_service_runtime, tmp_path / "keys.json") as platform, served(platform) as (_, http):
        headers = {**platform.bearer(), "Idempotency-Key": "one"}
        body = {"contact_ids": ["contact-1"], "reason": "rain"}
        assert (await http.post("/api/v1/contacts:reject", json=body, headers=headers)).status_code == 200
        other = sqlite3.connect(platform.runtime.database.url.database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            headers["Idempotency-Key"] = "two"
            refused = await http.post("/api/v1/contacts:reject", json=body, headers=headers)
            assert (refused.status_code, refused.json()["reason"]) == (503, "DATABASE_BUSY")
            assert int(refused.headers["retry-after"]) >= 1
            # What only reads does not wait for writers.
            assert (await http.get("/api/v1/missions", headers=headers)).status_code == 200
        finally:
            other.close()
        assert (await http.post("/api/v1/contacts:reject", json=body, headers=headers)).status_code == 200


@pytest.mark.asyncio
@pytest.mark.parametrize("reason", ["DATABASE_UNAVAILABLE", "DATABASE_BUSY", "DISK_FULL"])
async def test_a_database_of_a_service_that_is_away_is_told_as_such(
    reason: str, sqlite_service_runtime: ServiceLauncher, tmp_path: Path
) -> None:
    def away(_request: object) -> None:
        raise DatabaseAwayError(reason, "ask again", metadata={"retry_after_s": "5"})

    async with open_platform(sqlite_service_runtime, tmp_path / "keys.json") as platform, served(platform) as (_, http):
        platform.services.answers["ListMissions"] = away
        refused = await http.get("/api/v1/missions", headers=platform.bearer())
        assert (refused.status_code, refused.json()["reason"]) == (503, reason)
        assert refused.headers["retry-after"] == "5"


@pytest.mark.asyncio
async def test_services_know_a_call_that_comes_again_when_its_gateway_died(
    sqlite_service_runtime: ServiceLauncher, tmp_path: Path
) -> None:
    seen: list[str] = []

    def committed(_request: object) -> contact_pb2.CommitContactsResponse:
        seen.append(current_call_key())
        return contact_pb2.CommitContactsResponse()

    async with open_platform(sqlite_service_runtime, tmp_path / "keys.json") as platform, served(platform) as (_, http):
        platform.services.answers["CommitContacts"] = committed
        headers = {**platform.bearer(), "Idempotency-Key": "one"}

        async def commit(contact_id: str, headers: dict[str, str]) -> None:
            await http.post("/api/v1/contacts:commit", json={"contact_ids": [contact_id]}, headers=headers)
            async with platform.runtime.database.transaction() as session:
                await session.exec(delete(AnswerRow))  # as where the gateway died before it had kept the answer

        for contact_id in ("a", "a", "b"):
            await commit(contact_id, headers)
        await commit("a", platform.bearer())
    assert seen[0] == seen[1] != seen[2]
    assert all(seen[:3])
    assert seen[3] == ""


@pytest.mark.asyncio
async def test_readiness_names_what_a_service_lacks_and_a_clock_that_differs(
    sqlite_service_runtime: ServiceLauncher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_platform(sqlite_service_runtime, tmp_path / "keys.json") as platform, served(platform) as (_, http):

        async def parts() -> tuple[int, dict[str, str]]:
            answer = await http.get("/readyz")
            return answer.status_code, answer.json()["parts"]

        assert await parts() == (200, dict.fromkeys(("database", "broker", *map(str, ServiceName)), "ready"))
        health = platform.servers[ServiceName.PAYLOAD].health
        await health.say_parts({DATABASE: False, BROKER: True})
        status, told = await parts()
        assert (status, told["payload"], told["planner"]) == (503, "NOT_SERVING: without its database", "ready")
        await health.say_parts({DATABASE: True, BROKER: True})
        for skew_s in (60, -60):
            clock = SimpleNamespace(time=lambda skew_s=skew_s: time.time() + skew_s)
            monkeypatch.setattr(health_module, "time", clock)
            status, told = await parts()
            assert status == 503
            assert told["planner"].startswith(f"its clock differs by {skew_s:+d} s")
        monkeypatch.setattr(health_module, "time", SimpleNamespace(time=lambda: time.time() + 5))
        assert (await parts())[0] == 200
