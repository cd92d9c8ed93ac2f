"""A key is looked up once a second at most, and works no longer than a second beyond its end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from gateway_platform import GatewayPlatform, served
from malapert_core.timestamps import utc_now
from malapert_gateway.services import key_cache
from malapert_gateway.storage.key_store import KeyStore
from sqlalchemy import event


@asynccontextmanager
async def counted(platform: GatewayPlatform) -> AsyncIterator[list[str]]:
    statements: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT") and "secret_hash" in statement:
            statements.append(statement)

    engine = platform.runtime.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", count)
    yield statements
    event.remove(engine, "before_cursor_execute", count)


@pytest.mark.asyncio
async def test_of_many_calls_with_a_key_one_looks_it_up(sqlite_platform: GatewayPlatform) -> None:
    async with served(sqlite_platform) as (_, http), counted(sqlite_platform) as statements:
        headers = sqlite_platform.bearer("JAXA", "PLANNER")
        for _ in range(2):  # the first use is noted, which is a change of the key
            assert (await http.get("/api/v1/missions", headers=headers)).status_code == 200
        statements.clear()
        for _ in range(5):
            assert (await http.get("/api/v1/missions", headers=headers)).status_code == 200
        assert len(statements) <= 1


@pytest.mark.asyncio
async def test_a_key_that_is_ended_here_works_no_more_at_once_and_elsewhere_within_a_second(
    sqlite_platform: GatewayPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = sqlite_platform
    administrator = platform.bearer("JAXA", "ADMINISTRATOR")
    async with served(platform) as (_, http):

        async def status(role: str) -> int:
            return (await http.get("/api/v1/missions", headers=platform.bearer("JAXA", role))).status_code

        for role in ("PLANNER", "PLANNER", "VIEWER", "VIEWER"):
            assert await status(role) == 200
        keys = (await http.get("/api/v1/keys", headers=administrator)).json()["keys"]
        ids = {key["role"]: key["key_id"] for key in keys}
        revoked = await http.delete(f"/api/v1/keys/{ids['PLANNER']}", headers=administrator)
        assert revoked.is_success
        assert await status("PLANNER") == 401
        async with platform.runtime.database.transaction() as session:
            viewer = await KeyStore().find(session, ids["VIEWER"])
            assert viewer is not None
            await KeyStore().save_end(session, replace(viewer, revoked_time=utc_now()))
        assert key_cache.LIFETIME_S <= 1.0
        monkeypatch.setattr(key_cache, "LIFETIME_S", 0.0)
        assert await status("VIEWER") == 401
