"""People whom their agency's provider of identity logs in; tokens are signed by another library than the gateway's."""

import json
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import jwt as pyjwt
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import rsa
from gateway_platform import GatewayPlatform, open_platform
from identity_provider import AUDIENCE, KEYS, Provider, served
from malapert_gateway.config import GatewaySettings
from malapert_gateway.services import provider_documents
from malapert_testing.services import ServiceLauncher
from pydantic import ValidationError


@pytest.fixture
def provider() -> Iterator[Provider]:
    with served(Provider) as provider:
        yield provider


@pytest_asyncio.fixture
async def jaxa(
    sqlite_service_runtime: ServiceLauncher, tmp_path: Path, provider: Provider
) -> AsyncIterator[GatewayPlatform]:
    """A gateway on which JAXA logs its people in by the provider."""
    stated = {"JAXA": {"issuer": provider.issuer, "audience": AUDIENCE}}
    async with open_platform(
        sqlite_service_runtime, tmp_path / "keys.json", identity_providers=stated, refusal_limit="10000/minute"
    ) as platform:
        yield platform


async def key_for(platform: GatewayPlatform, subject: str = "ada", role: str = "PLANNER", **fields: Any) -> Any:
    administrator = platform.bearer("JAXA", "ADMINISTRATOR")
    return await platform.http.post(
        "/api/v1/keys", json={"role": role, "subject": subject, **fields}, headers=administrator
    )


async def whoami(platform: GatewayPlatform, headers: dict[str, str]) -> tuple[int, Any]:
    answer = await platform.http.get("/api/v1/whoami", headers=headers)
    return answer.status_code, answer.json()


@pytest.mark.asyncio
async def test_a_person_calls_by_its_agencys_log_in_as_a_principal_of_that_agency(
    jaxa: GatewayPlatform, provider: Provider
) -> None:
    made = (await key_for(jaxa, mission_ids=["lupex"])).json()
    assert (made["bearer_key"], made["key"]["subject"], made["key"]["principal_id"]) == ("", "ada", "person:ada")
    for alg in KEYS:
        status, caller = await whoami(jaxa, provider.bearer(alg=alg))
        assert status == 200, caller
        said = {name: caller[name] for name in ("agency_id", "principal_id", "role", "mission_ids")}
        assert said == {"agency_id": "JAXA", "principal_id": "person:ada", "role": "PLANNER", "mission_ids": ["lupex"]}
    # Discovery and keys were asked for once for all of these.
    assert provider.asked == ["/.well-known/openid-configuration", "/keys"]
    assert (await whoami(jaxa, provider.bearer("bob")))[1]["reason"] == "UNKNOWN_PERSON"


@pytest.mark.asyncio
async def test_a_person_has_one_role_and_its_key_ends_as_any_other(jaxa: GatewayPlatform, provider: Provider) -> None:
    administrator = jaxa.bearer("JAXA", "ADMINISTRATOR")
    key_id = (await key_for(jaxa)).json()["key"]["key_id"]
    taken = await key_for(jaxa, role="APPROVER")
    assert (taken.status_code, taken.json()["reason"]) == (409, "PERSON_HAS_KEY")
    rotated = await jaxa.http.post(f"/api/v1/keys/{key_id}:rotate", headers=administrator)
    assert (rotated.status_code, rotated.json()["reason"]) == (409, "NO_SECRET")
    for secret in ("", "0" * 64):
        refused = await whoami(jaxa, {"Authorization": f"Bearer mlp_{key_id}_{secret}"})
        assert (refused[0], refused[1]["reason"]) == (401, "INVALID_KEY")
    assert (await whoami(jaxa, provider.bearer()))[0] == 200
    await jaxa.http.delete(f"/api/v1/keys/{key_id}", headers=administrator)
    assert (await whoami(jaxa, provider.bearer()))[1]["reason"] == "UNKNOWN_PERSON"
    assert (await key_for(jaxa, role="APPROVER")).status_code == 201
    assert (await whoami(jaxa, provider.bearer()))[1]["role"] == "APPROVER"


@pytest.mark.asyncio
async def test_a_persons_key_is_not_the_last_that_an_agency_can_rely_on(jaxa: GatewayPlatform) -> None:
    administrator = jaxa.bearer("JAXA", "ADMINISTRATOR")
    assert (await key_for(jaxa, role="ADMINISTRATOR")).status_code == 201
    own = (await whoami(jaxa, administrator))[1]["key_id"]
    refused = await jaxa.http.delete(f"/api/v1/keys/{own}", headers=administrator)
    assert refused.json()["reason"] == "LAST_KEY"


@pytest.mark.asyncio
async def test_an_agency_that_logs_nobody_in_gives_no_person_a_key(jaxa: GatewayPlatform) -> None:
    answer = await jaxa.http.post(
        "/api/v1/keys", json={"role": "VIEWER", "subject": "ada"}, headers=jaxa.bearer("ISRO", "ADMINISTRATOR")
    )
    assert answer.json()["reason"] == "NO_IDENTITY_PROVIDER"


NOW = int(time.time())
FORGED: dict[str, dict[str, Any]] = {
    "expired": {"iat": NOW - 900, "exp": NOW - 60},
    "of tomorrow": {"iat": NOW + 3600, "exp": NOW + 7200},
    "not before": {"nbf": NOW + 3600},
    "too long": {"exp": NOW + 90_000},
    "no end": {"exp": None},
    "an end beyond every number": {"exp": 10**400},
    "no beginning": {"iat": None},
    "no subject": {"sub": None},
    "a subject of blanks": {"sub": "a b"},
    "another issuer": {"iss": "https://id.example"},
    "for somebody else": {"aud": "another"},
    "for several": {"aud": [AUDIENCE, "another"]},
    "asked for by another": {"aud": [AUDIENCE, "another"], "azp": "another"},
    "another key": {"key": rsa.generate_private_key(public_exponent=65537, key_size=2048)},
    "a shared secret": {"alg": "HS256", "key": "c2VjcmV0" * 8},
    "unsigned": {"alg": "none"},
}


@pytest.mark.asyncio
async def test_a_token_that_is_not_its_providers_for_this_platform_and_now_is_refused(
    jaxa: GatewayPlatform, provider: Provider
) -> None:
    await key_for(jaxa)
    for case, claims in FORGED.items():
        if claims.get("alg") == "none":
            _, payload, _ = provider.token().split(".")
            text = pyjwt.utils.base64url_encode(b'{"alg":"none"}').decode() + f".{payload}."
        else:
            text = provider.token(**claims)
        status, told = await whoami(jaxa, {"Authorization": f"Bearer {text}"})
        assert (status, told["reason"]) == (401, "INVALID_TOKEN"), case
    listed = pyjwt.utils.base64url_encode(json.dumps({"iss": ["a"], "aud": AUDIENCE}).encode()).decode()
    for text in (f"e30.{listed}.x", "..", "a.b.c", "e30.e30.e30", f"e30.{'a' * 20_000}.", "e30.W10.", "e30.bnVsbA.x"):
        status, told = await whoami(jaxa, {"Authorization": f"Bearer {text}"})
        assert (status, told["reason"]) == (401, "INVALID_TOKEN"), text[:40]
    several = provider.bearer(aud=[AUDIENCE, "another"], azp=AUDIENCE)
    assert (await whoami(jaxa, several))[0] == 200


@pytest.mark.asyncio
async def test_keys_that_a_provider_changes_are_found_and_an_away_one_is_told_as_such(
    jaxa: GatewayPlatform, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    await key_for(jaxa)
    provider.is_away = True
    status, told = await whoami(jaxa, provider.bearer())
    assert (status, told["reason"]) == (503, "IDENTITY_PROVIDER_AWAY")
    provider.is_away, provider.named = False, ["RS256"]
    monkeypatch.setattr(provider_documents, "LEAST_PAUSE_S", 0.0)
    assert (await whoami(jaxa, provider.bearer()))[0] == 200
    monkeypatch.setattr(provider_documents, "LEAST_PAUSE_S", 3600.0)
    provider.named = ["ES256", "RS256"]
    asked = len(provider.asked)
    for _ in range(3):
        assert (await whoami(jaxa, provider.bearer(alg="ES256")))[1]["reason"] == "INVALID_TOKEN"
    assert len(provider.asked) == asked  # Whoever names keys that there are not makes no traffic.
    monkeypatch.setattr(provider_documents, "LEAST_PAUSE_S", 0.0)
    assert (await whoami(jaxa, provider.bearer(alg="ES256")))[0] == 200
    provider.is_away = True
    assert (await whoami(jaxa, provider.bearer()))[0] == 200


@pytest.mark.asyncio
async def test_tokens_that_nobody_can_verify_count_as_refused(
    sqlite_service_runtime: ServiceLauncher, tmp_path: Path, provider: Provider
) -> None:
    stated = {"JAXA": {"issuer": provider.issuer, "audience": AUDIENCE}}
    provider.is_away = True
    runtime, keys_file = sqlite_service_runtime, tmp_path / "keys.json"
    async with open_platform(runtime, keys_file, identity_providers=stated, refusal_limit="2/hour") as platform:
        told = [(await whoami(platform, provider.bearer(f"person-{number}")))[1]["reason"] for number in range(3)]
        assert told == ["IDENTITY_PROVIDER_AWAY", "IDENTITY_PROVIDER_AWAY", "TOO_MANY_CALLS"]


@pytest.mark.parametrize(
    "stated",
    [
        {"JAXA": {"issuer": "http://id.example", "audience": "a"}},
        {"JAXA": {"issuer": "https://id.example", "audience": ""}},
        {"JAXA": {"issuer": "https://id.example", "audience": "a", "keys_url": "file:///etc/passwd"}},
        {name: {"issuer": "https://id.example", "audience": "a"} for name in ("JAXA", "ESA")},
    ],
)
def test_a_provider_that_anybody_could_speak_for_is_refused(stated: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        GatewaySettings(identity_providers=stated)  # type: ignore[arg-type]
