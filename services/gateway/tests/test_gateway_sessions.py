import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from gateway_platform import GatewayPlatform, sent_events, served
from malapert_core.db.tables import AuditEntryRow
from malapert_core.timestamps import utc_now
from malapert_gateway import page
from malapert_gateway.domain.web_session import MOST_OF_KEY
from malapert_gateway.services.session_service import CSRF_HEADER, SESSION_COOKIE
from malapert_gateway.storage.tables import WebSessionRow
from sqlalchemy import delete, update
from sqlmodel import select

LINKS, SESSIONS, CURRENT = "/api/v1/session-links", "/api/v1/sessions", "/api/v1/sessions/current"


async def _ticket(platform: GatewayPlatform, agency: str = "JAXA", role: str = "PLANNER") -> str:
    made = await platform.http.post(LINKS, headers=platform.bearer(agency, role))
    assert made.status_code == 201, made.text
    return str(made.json()["ticket"])


async def _opened(
    platform: GatewayPlatform, agency: str = "JAXA", role: str = "PLANNER"
) -> tuple[dict, httpx.Response]:
    """Open a session; returns the headers of a page's call, and the answer."""
    answer = await platform.http.post(SESSIONS, json={"ticket": await _ticket(platform, agency, role)})
    assert answer.status_code == 201, answer.text
    cookie = answer.cookies[SESSION_COOKIE]
    platform.http.cookies.clear()
    return {"Cookie": f"{SESSION_COOKIE}={cookie}"}, answer


@pytest.mark.asyncio
async def test_a_link_opens_a_session_that_speaks_as_its_key(sqlite_platform: GatewayPlatform) -> None:
    platform = sqlite_platform
    cookie, opened = await _opened(platform)
    by_key = await platform.http.get("/api/v1/whoami", headers=platform.bearer("JAXA", "PLANNER"))
    by_session = await platform.http.get("/api/v1/whoami", headers=cookie)
    told = [
        {name: value for name, value in each.json().items() if not name.startswith("limits")}
        for each in (by_key, by_session)
    ]
    assert told == [opened.json()["caller"]] * 2
    current = await platform.http.get(CURRENT, headers=cookie)
    assert current.json() == opened.json()


@pytest.mark.asyncio
async def test_no_script_reads_the_cookie_and_no_other_site_sends_it(sqlite_platform: GatewayPlatform) -> None:
    _, opened = await _opened(sqlite_platform)
    said = opened.headers["set-cookie"].lower()
    assert "httponly" in said
    assert "samesite=strict" in said
    assert "path=/" in said
    assert opened.headers["cache-control"] == "no-store"


@pytest.mark.asyncio
async def test_over_https_the_cookie_is_sent_over_https_alone(sqlite_platform: GatewayPlatform) -> None:
    ticket = await _ticket(sqlite_platform)
    answer = await sqlite_platform.http.post(f"https://gateway{SESSIONS}", json={"ticket": ticket})
    assert "; secure" in answer.headers["set-cookie"].lower()


@pytest.mark.asyncio
async def test_a_ticket_opens_one_session_and_then_none(sqlite_platform: GatewayPlatform) -> None:
    ticket = await _ticket(sqlite_platform)
    answers = [await sqlite_platform.http.post(SESSIONS, json={"ticket": ticket}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 401]
    assert answers[1].json()["reason"] == "INVALID_TICKET"
    assert "set-cookie" not in answers[1].headers


@pytest.mark.asyncio
async def test_of_many_who_show_a_ticket_at_once_one_has_the_session(platform: GatewayPlatform) -> None:
    ticket = await _ticket(platform)
    answers = await asyncio.gather(*(platform.http.post(SESSIONS, json={"ticket": ticket}) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [401] * 7
    assert sum("set-cookie" in answer.headers for answer in answers) == 1
    async with platform.runtime.database.reading() as session:
        opened = [row for row in await session.exec(select(AuditEntryRow)) if row.action == "session.opened"]
    assert len(opened) == 1


@pytest.mark.asyncio
@pytest.mark.parametrize("ticket", ["x", "_", "a_b", "é_ü", "0" * 200, "5f0c1d2e3a4b5c6d_" + "0" * 64])
async def test_what_is_no_ticket_opens_nothing(ticket: str, sqlite_platform: GatewayPlatform) -> None:
    answer = await sqlite_platform.http.post(SESSIONS, json={"ticket": ticket})
    assert (answer.status_code, answer.json()["reason"]) == (401, "INVALID_TICKET")


@pytest.mark.asyncio
@pytest.mark.parametrize("cookie", ["x", "_", "a_b", "5f0c1d2e3a4b5c6d_" + "0" * 64, ";", "=" * 300])
async def test_what_is_no_cookie_of_a_session_is_refused(cookie: str, sqlite_platform: GatewayPlatform) -> None:
    answer = await sqlite_platform.http.get(CURRENT, headers={"Cookie": f"{SESSION_COOKIE}={cookie}"})
    assert answer.status_code == 401
    assert answer.json()["reason"] in ("SESSION_ENDED", "MISSING_KEY")


@pytest.mark.asyncio
async def test_a_ticket_is_no_cookie(sqlite_platform: GatewayPlatform) -> None:
    ticket = await _ticket(sqlite_platform)
    answer = await sqlite_platform.http.get(CURRENT, headers={"Cookie": f"{SESSION_COOKIE}={ticket}"})
    assert answer.json()["reason"] == "SESSION_ENDED"


@pytest.mark.asyncio
async def test_a_change_needs_the_token_of_its_own_session(sqlite_platform: GatewayPlatform) -> None:
    platform = sqlite_platform
    cookie, opened = await _opened(platform)
    _, other = await _opened(platform)
    for token in (None, "", "0" * 64, other.json()["csrf_token"], b"\xc3\xa9"):
        headers = {**cookie, CSRF_HEADER: token} if token is not None else dict(cookie)
        refused = await platform.http.post("/api/v1/plans/plan-5d21:submit", headers=headers)
        assert (refused.status_code, refused.json()["reason"]) == (403, "CSRF_TOKEN_REQUIRED"), token
    token = opened.json()["csrf_token"]
    taken = await platform.http.post("/api/v1/plans/plan-5d21:submit", headers={**cookie, CSRF_HEADER: token})
    assert taken.status_code == 200, taken.text


@pytest.mark.asyncio
async def test_a_role_is_no_larger_in_a_session(sqlite_platform: GatewayPlatform) -> None:
    cookie, opened = await _opened(sqlite_platform, "JAXA", "VIEWER")
    headers = {**cookie, CSRF_HEADER: opened.json()["csrf_token"]}
    refused = await sqlite_platform.http.post("/api/v1/plans/plan-5d21:submit", headers=headers)
    assert (refused.status_code, refused.json()["reason"]) == (403, "FORBIDDEN")


@pytest.mark.asyncio
async def test_a_revoked_key_ends_its_session_and_its_links(sqlite_platform: GatewayPlatform) -> None:
    platform = sqlite_platform
    cookie, opened = await _opened(platform)
    ticket = await _ticket(platform)
    key_id = opened.json()["caller"]["key_id"]
    gone = await platform.http.delete(f"/api/v1/keys/{key_id}", headers=platform.bearer("JAXA", "ADMINISTRATOR"))
    assert gone.status_code == 200
    assert (await platform.http.get(CURRENT, headers=cookie)).json()["reason"] == "INVALID_KEY"
    assert (await platform.http.post(SESSIONS, json={"ticket": ticket})).json()["reason"] == "INVALID_KEY"


@pytest.mark.asyncio
async def test_a_session_that_was_ended_or_has_expired_opens_nothing(sqlite_platform: GatewayPlatform) -> None:
    platform = sqlite_platform
    cookie, opened = await _opened(platform)
    ended = await platform.http.delete(CURRENT, headers={**cookie, CSRF_HEADER: opened.json()["csrf_token"]})
    assert ended.status_code == 204
    assert (await platform.http.get(CURRENT, headers=cookie)).json()["reason"] == "SESSION_ENDED"
    cookie, _ = await _opened(platform)
    ticket = await _ticket(platform)
    async with platform.runtime.database.transaction() as session:
        await session.exec(update(WebSessionRow).values(expire_time=utc_now() - timedelta(seconds=1)))
    assert (await platform.http.get(CURRENT, headers=cookie)).json()["reason"] == "SESSION_ENDED"
    assert (await platform.http.post(SESSIONS, json={"ticket": ticket})).json()["reason"] == "INVALID_TICKET"


@pytest.mark.asyncio
async def test_a_session_makes_no_links_and_a_key_counts_before_a_cookie(sqlite_platform: GatewayPlatform) -> None:
    platform = sqlite_platform
    cookie, opened = await _opened(platform)
    refused = await platform.http.post(LINKS, headers={**cookie, CSRF_HEADER: opened.json()["csrf_token"]})
    assert (refused.status_code, refused.json()["reason"]) == (403, "KEY_REQUIRED")
    both = await platform.http.get("/api/v1/whoami", headers={**cookie, **platform.bearer("ISRO", "PLANNER")})
    assert both.json()["agency_id"] == "ISRO"


@pytest.mark.asyncio
async def test_a_key_has_so_many_sessions_and_the_oldest_end(sqlite_platform: GatewayPlatform) -> None:
    platform = sqlite_platform
    cookie, _ = await _opened(platform)
    for _ in range(MOST_OF_KEY):
        await _ticket(platform)
    assert (await platform.http.get(CURRENT, headers=cookie)).json()["reason"] == "SESSION_ENDED"
    async with platform.runtime.database.reading() as session:
        assert len(list(await session.exec(select(WebSessionRow)))) == MOST_OF_KEY


@pytest.mark.asyncio
async def test_links_sessions_and_their_ends_are_in_the_audit_without_a_secret(platform: GatewayPlatform) -> None:
    cookie, opened = await _opened(platform)
    await platform.http.delete(CURRENT, headers={**cookie, CSRF_HEADER: opened.json()["csrf_token"]})
    async with platform.runtime.database.reading() as session:
        entries = [row for row in await session.exec(select(AuditEntryRow)) if row.entity_kind == "session"]
        rows = list(await session.exec(select(WebSessionRow)))
    assert [row.action for row in entries] == ["session.link_made", "session.opened", "session.ended"]
    assert {(row.agency_id, row.principal_id) for row in entries} == {("JAXA", opened.json()["caller"]["principal_id"])}
    secret = cookie["Cookie"].rpartition("_")[2]
    assert secret not in str([row.model_dump() for row in (*entries, *rows)])


@pytest.mark.asyncio
@pytest.mark.parametrize("end", ["log-out", "time", "room"])
async def test_an_open_stream_ends_with_its_session_and_no_other_one_does(
    sqlite_platform: GatewayPlatform, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    """A stream that the page had opened outlived the log-out: it ended with the key alone."""
    monkeypatch.setattr("malapert_gateway.streams._CHECK_S", 0.05)
    ended, opened = await _opened(sqlite_platform)
    going_on, _ = await _opened(sqlite_platform)
    by_key = sqlite_platform.bearer("JAXA", "PLANNER")
    async with (
        served(sqlite_platform) as (_, http),
        http.stream("GET", "/api/v1/events", headers=ended) as stream,
        http.stream("GET", "/api/v1/events", headers=going_on) as other,
        # A key goes before a cookie: what was opened by both is the key's.
        http.stream("GET", "/api/v1/events", headers=by_key | ended) as of_key,
        asyncio.timeout(20),
    ):
        feeds = [sent_events(each) for each in (stream, other, of_key)]
        assert [(await anext(feed))["event"] for feed in feeds] == ["open"] * 3
        if end == "log-out":
            token = {CSRF_HEADER: opened.json()["csrf_token"]}
            assert (await http.delete(CURRENT, headers=ended | token)).status_code == 204
        else:
            session_id = ended["Cookie"].partition("=")[2].partition("_")[0]
            chosen = WebSessionRow.session_id == session_id
            change = delete(WebSessionRow) if end == "room" else update(WebSessionRow).values(expire_time=utc_now())
            async with sqlite_platform.runtime.database.transaction() as session:
                await session.exec(change.where(chosen))
        assert [event async for event in feeds[0]] == []
        following: list[asyncio.Task[Any]] = [asyncio.ensure_future(anext(feed)) for feed in feeds[1:]]
        assert not (await asyncio.wait(following, timeout=0.3))[0]
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)


@pytest.mark.asyncio
async def test_the_page_or_its_absence_is_told_under_a_strict_policy(tmp_path: Path) -> None:
    app = FastAPI()
    page.install(app, tmp_path)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as http:
        absent = await http.get("/")
        assert "was not built" in absent.text
        assert "make web" in absent.text
        (tmp_path / "assets").mkdir()
        (tmp_path / "assets" / "index-1.js").write_text("1")
        (tmp_path / "index.html").write_text("<title>Malapert</title>")
        shown = await http.get("/")
        asset = await http.get("/assets/index-1.js")
        outside = await http.get("/assets/../index.html")
        none = await http.get("/assets/none.js")
    assert shown.text == "<title>Malapert</title>"
    for answer in (absent, shown):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
    assert "immutable" in asset.headers["cache-control"]
    assert outside.status_code == none.status_code == 404


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("accepted", "is_compressed"),
    [
        ("gzip, deflate, br", True),
        ("br;q=1.0, GZIP;q=0.8, *;q=0.1", True),
        ("*", True),
        ("*;q=0, gzip", True),
        ("gzip;q=0, *", False),
        ("gzip;q=0.000", False),
        ("identity", False),
        ("", False),
    ],
)
async def test_the_script_is_compressed_for_who_takes_that(tmp_path: Path, accepted: str, is_compressed: bool) -> None:
    script = "const lunar = 'Süd';\n" * 500
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "index-1.js").write_text(script, encoding="utf-8")
    app = FastAPI()
    page.install(app, tmp_path)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as http:
        whole = await http.get("/assets/index-1.js", headers={"Accept-Encoding": accepted})
        part = await http.get("/assets/index-1.js", headers={"Accept-Encoding": accepted, "Range": "bytes=0-4"})
    assert whole.text == script
    assert (whole.headers.get("content-encoding") == "gzip") is is_compressed
    assert whole.headers["content-type"].startswith("text/javascript")
    assert whole.headers["vary"] == "Accept-Encoding"
    assert "immutable" in whole.headers["cache-control"]
    # A part is of the script as it is.
    assert (part.status_code, part.content) == (206, script.encode()[:5])
