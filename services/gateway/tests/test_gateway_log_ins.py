"""Log-ins on the page by a provider of identity that the tests serve: it checks what a real one does."""

import base64
import hashlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

import pytest
import pytest_asyncio
from gateway_platform import GatewayPlatform, open_platform
from identity_provider import AUDIENCE, Provider, served
from malapert_core.db.tables import AuditEntryRow
from malapert_gateway.config import GatewaySettings
from malapert_gateway.services import provider_documents
from malapert_gateway.services.log_ins import LOG_IN_COOKIE
from malapert_gateway.services.session_service import CSRF_HEADER, SESSION_COOKIE
from malapert_testing.services import ServiceLauncher
from pydantic import ValidationError
from sqlmodel import select
from test_gateway_people import key_for

LOG_INS, FINISH = "/api/v1/log-ins", "/api/v1/log-ins:finish"
CLIENT, SECRET, PAGE = "malapert page", "s3cret/+ %", "http://127.0.0.1:8000"


class Redeemer(Provider):
    """A provider that logs a person in and gives a token for its code, once, to who asked for it."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.codes: dict[str, dict[str, str]] = {}
        self.claims: dict[str, Any] = {}
        self.status = 200

    def answer(self, path: str) -> Any:
        found = super().answer(path)
        if found is not None and path.startswith("/.well-known"):
            return found | {
                "authorization_endpoint": f"{self.issuer}/authorize?tenant=7",
                "token_endpoint": f"{self.issuer}/token",
            }
        return found

    def logged_in(self, address: str, code: str) -> dict[str, str]:
        """Log a person in who came to an address, and return what her browser is sent back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert address.startswith(f"{self.issuer}/authorize?tenant=7&")
        assert asked["response_type"] == "code"
        assert asked["scope"].split() == ["openid"]
        assert (asked["client_id"], asked["redirect_uri"]) == (CLIENT, f"{PAGE}/")
        assert asked["code_challenge_method"] == "S256"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def redeem(self, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        if self.status != 200:
            return self.status, {"error": "server_error"}
        name, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        is_sound = (
            asked is not None
            and (unquote_plus(name), unquote_plus(secret)) == (CLIENT, SECRET)
            and form["grant_type"] == "authorization_code"
            and form["redirect_uri"] == asked["redirect_uri"]
            and challenge.decode().rstrip("=") == asked["code_challenge"]
        )
        if asked is None or not is_sound:
            return 400, {"error": "invalid_grant"}
        claims = {"aud": CLIENT, "nonce": asked["nonce"]} | self.claims
        return 200, {"id_token": self.token(**claims), "access_token": "opaque", "token_type": "Bearer"}


@pytest.fixture
def provider() -> Iterator[Redeemer]:
    with served(Redeemer) as provider:
        yield provider


@pytest_asyncio.fixture
async def jaxa(
    sqlite_service_runtime: ServiceLauncher, tmp_path: Path, provider: Redeemer
) -> AsyncIterator[GatewayPlatform]:
    """A gateway on whose page JAXA logs its people in, of whom ada has a key."""
    secret_file = tmp_path / "client-secret"
    secret_file.write_text(f"{SECRET}\n")
    stated = {"issuer": provider.issuer, "audience": AUDIENCE, "client_id": CLIENT, "client_secret_file": secret_file}
    settings: dict[str, Any] = {"identity_providers": {"JAXA": stated}, "public_url": PAGE}
    async with open_platform(
        sqlite_service_runtime, tmp_path / "keys.json", refusal_limit="10000/minute", **settings
    ) as platform:
        assert (await key_for(platform)).status_code == 201
        yield platform


async def begun(platform: GatewayPlatform) -> tuple[str, dict[str, str]]:
    """Begin a log-in; returns the provider's address and the header of the browser's cookie."""
    answer = await platform.http.post(LOG_INS, json={"agency_id": "JAXA"})
    assert answer.status_code == 201, answer.text
    cookie = answer.cookies[LOG_IN_COOKIE]
    said = answer.headers["set-cookie"].lower()
    assert "httponly" in said
    assert "samesite=strict" in said
    platform.http.cookies.clear()
    return answer.json()["authorization_url"], {"Cookie": f"{LOG_IN_COOKIE}={cookie}"}


async def refusal(platform: GatewayPlatform, body: dict[str, str], headers: dict[str, str]) -> tuple[int, str]:
    answer = await platform.http.post(FINISH, json=body, headers=headers)
    assert SESSION_COOKIE not in answer.headers.get("set-cookie", "")
    return answer.status_code, answer.json()["reason"]


@pytest.mark.asyncio
async def test_a_person_logs_in_at_her_provider_and_has_a_session_of_her_key(
    jaxa: GatewayPlatform, provider: Redeemer
) -> None:
    assert (await jaxa.http.get(LOG_INS)).json() == {"agency_ids": ["JAXA"]}
    address, cookie = await begun(jaxa)
    back = provider.logged_in(address, "code-1")
    answer = await jaxa.http.post(FINISH, json=back, headers=cookie)
    assert answer.status_code == 201, answer.text
    opened = answer.json()
    assert (opened["caller"]["agency_id"], opened["caller"]["principal_id"]) == ("JAXA", "person:ada")
    said = [value.lower() for name, value in answer.headers.multi_items() if name == "set-cookie"]
    assert all("httponly" in each and "samesite=strict" in each for each in said)
    session = {"Cookie": f"{SESSION_COOKIE}={answer.cookies[SESSION_COOKIE]}"}
    jaxa.http.cookies.clear()
    assert (await jaxa.http.get("/api/v1/whoami", headers=session)).json()["principal_id"] == "person:ada"
    refused = await jaxa.http.post("/api/v1/plans/plan-5d21:submit", headers=session)
    assert refused.json()["reason"] == "CSRF_TOKEN_REQUIRED"
    token = {CSRF_HEADER: opened["csrf_token"]}
    assert (await jaxa.http.post("/api/v1/plans/plan-5d21:submit", headers=session | token)).status_code == 200
    # The code was redeemed: whoever saw the address has nothing.
    assert await refusal(jaxa, back, cookie) == (401, "LOG_IN_REFUSED")
    async with jaxa.runtime.database.reading() as rows:
        opened_by = [row for row in await rows.exec(select(AuditEntryRow)) if row.action == "session.opened"]
    assert [(row.agency_id, row.principal_id) for row in opened_by] == [("JAXA", "person:ada")]
    await jaxa.http.delete(f"/api/v1/keys/{opened['caller']['key_id']}", headers=jaxa.bearer("JAXA", "ADMINISTRATOR"))
    assert (await jaxa.http.get("/api/v1/whoami", headers=session)).json()["reason"] == "INVALID_KEY"


@pytest.mark.asyncio
async def test_a_code_that_this_browser_did_not_ask_for_logs_nobody_in(
    jaxa: GatewayPlatform, provider: Redeemer
) -> None:
    theirs, their_cookie = await begun(jaxa)
    address, cookie = await begun(jaxa)
    back, stolen = provider.logged_in(address, "own"), provider.logged_in(theirs, "stolen")
    # Somebody else's answer in this browser, or none of its cookie, or one that was made up.
    for body, headers in (
        (stolen, cookie),
        (back, their_cookie),
        (back, {}),
        (back, {"Cookie": f"{LOG_IN_COOKIE}=JAXA.{'0' * 64}"}),
        (back, {"Cookie": f"{LOG_IN_COOKIE}={cookie['Cookie'].partition('=')[2].replace('JAXA', 'ISRO')}"}),
        (back | {"state": "é" * 40}, cookie),
    ):
        assert await refusal(jaxa, body, headers) == (401, "LOG_IN_NOT_BEGUN")
    # A code of another log-in beside this one's state: its verifier is not this browser's.
    assert await refusal(jaxa, back | {"code": "stolen"}, cookie) == (401, "LOG_IN_REFUSED")
    assert await refusal(jaxa, back | {"issuer": "https://id.example"}, cookie) == (401, "LOG_IN_REFUSED")
    assert (await jaxa.http.post(FINISH, json=back | {"issuer": provider.issuer}, headers=cookie)).status_code == 201


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"nonce": "of another log-in"}, "INVALID_TOKEN"),
        ({"nonce": None}, "INVALID_TOKEN"),
        ({"nonce": 7}, "INVALID_TOKEN"),
        ({"aud": "another"}, "INVALID_TOKEN"),
        ({"iss": "https://id.example"}, "INVALID_TOKEN"),
        ({"exp": 1}, "INVALID_TOKEN"),
        ({"sub": "bob"}, "UNKNOWN_PERSON"),
    ],
)
async def test_a_token_that_is_not_of_this_log_in_opens_nothing(
    jaxa: GatewayPlatform, provider: Redeemer, claims: dict[str, Any], reason: str
) -> None:
    address, cookie = await begun(jaxa)
    subject = claims.pop("sub", "ada")
    provider.claims = {**claims, "subject": subject}
    assert await refusal(jaxa, provider.logged_in(address, "code"), cookie) == (401, reason)


@pytest.mark.asyncio
async def test_a_provider_that_is_away_or_unknown_is_told_as_such(jaxa: GatewayPlatform, provider: Redeemer) -> None:
    provider.is_away = True
    away = await jaxa.http.post(LOG_INS, json={"agency_id": "JAXA"})
    assert (away.status_code, away.json()["reason"]) == (503, "IDENTITY_PROVIDER_AWAY")
    asked = len(provider.asked)
    assert (await jaxa.http.post(LOG_INS, json={"agency_id": "JAXA"})).status_code == 503
    assert len(provider.asked) == asked  # Whoever begins one log-in after another makes no traffic.
    for name in ("ISRO", "NOBODY"):
        unknown = await jaxa.http.post(LOG_INS, json={"agency_id": name})
        assert (unknown.status_code, unknown.json()["reason"]) == (404, "UNKNOWN_LOG_IN")


@pytest.mark.asyncio
async def test_what_a_provider_published_is_used_on_while_it_is_away(
    jaxa: GatewayPlatform, provider: Redeemer, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, _cookie = await begun(jaxa)
    monkeypatch.setattr(provider_documents, "KEPT_S", 0.0)
    monkeypatch.setattr(provider_documents, "LEAST_PAUSE_S", 0.0)
    provider.is_away = True
    again, _cookie = await begun(jaxa)
    assert urlsplit(again).path == urlsplit(address).path
    monkeypatch.setattr(provider_documents, "USABLE_S", 0.0)
    assert (await jaxa.http.post(LOG_INS, json={"agency_id": "JAXA"})).json()["reason"] == "IDENTITY_PROVIDER_AWAY"


@pytest.mark.asyncio
async def test_a_provider_that_fails_at_the_end_leaves_the_log_in_as_it_is(
    jaxa: GatewayPlatform, provider: Redeemer
) -> None:
    address, cookie = await begun(jaxa)
    back = provider.logged_in(address, "code")
    provider.status = 500
    assert await refusal(jaxa, back, cookie) == (503, "IDENTITY_PROVIDER_AWAY")
    provider.status = 200
    assert (await jaxa.http.post(FINISH, json=back, headers=cookie)).status_code == 201


@pytest.mark.parametrize("public_url", ["", "http://plan.example", "ftp://127.0.0.1"])
def test_people_are_sent_back_to_a_page_that_nobody_on_the_way_can_change(public_url: str) -> None:
    stated = {"JAXA": {"issuer": "https://id.example", "audience": AUDIENCE, "client_id": CLIENT}}
    with pytest.raises(ValidationError, match="public_url"):
        GatewaySettings(identity_providers=stated, public_url=public_url)  # type: ignore[arg-type]
