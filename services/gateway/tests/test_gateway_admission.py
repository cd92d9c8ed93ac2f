"""A caller that was told to wait is refused at once: its key is not looked up and nothing is counted meanwhile."""

from typing import cast

import pytest
from malapert_core.errors import ExhaustedError, PermissionDeniedError, UnauthenticatedError
from malapert_core.policy.identity import Role
from malapert_gateway.domain.api_key import ApiKey
from malapert_gateway.services import admission as admission_module
from malapert_gateway.services.admission import Admission
from malapert_gateway.services.key_service import KeyService, KeyWish, new_key
from malapert_gateway.services.session_service import Credentials, SessionService

SUSPENDED = "Bearer mlp_suspended_key"


class Keys:
    """Keys by their text, and how often one was looked for."""

    def __init__(self) -> None:
        self.known: dict[str, ApiKey] = {}
        self.looks = 0

    def add(self, agency_id: str) -> str:
        key, bearer = new_key(agency_id, KeyWish(Role.REQUESTER), "host")
        self.known[f"Bearer {bearer.text}"] = key
        return f"Bearer {bearer.text}"

    async def identify(self, authorization: str | None) -> ApiKey:
        self.looks += 1
        if authorization == SUSPENDED:
            raise PermissionDeniedError("AGENCY_SUSPENDED", "left")
        if authorization not in self.known:
            raise UnauthenticatedError("INVALID_KEY", "unknown")
        return self.known[authorization]


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def admission(keys: Keys) -> Admission:
    return Admission(
        cast("KeyService", keys),
        cast("SessionService", None),
        rate_limit="3/hour",
        agency_rate_limit="5/hour",
        refusal_limit="2/hour",
        storage_url="async+memory://",
    )


async def outcome(admission: Admission, authorization: str, address: str = "192.0.2.1") -> str:
    """Return what a call comes to."""
    try:
        return (await admission.admit("who_am_i", Credentials(authorization), address)).agency_id
    except (UnauthenticatedError, PermissionDeniedError) as error:
        return error.reason
    except ExhaustedError as error:
        is_told_in_full = int(error.metadata["retry_after_s"]) > 60  # as at the first refusal
        return error.metadata["limit"] if is_told_in_full else error.message


@pytest.mark.asyncio
async def test_a_key_at_its_limit_is_not_looked_up_again(admission: Admission, keys: Keys) -> None:
    key, other = keys.add("ISRO"), keys.add("JAXA")
    assert [await outcome(admission, key) for _ in range(20)] == ["ISRO"] * 3 + ["3 per 1 hour"] * 17
    assert keys.looks == 4
    assert await outcome(admission, other) == "JAXA", "another key, from the same address"
    assert await outcome(admission, key, "192.0.2.2") == "3 per 1 hour"
    second = keys.add("ISRO")
    assert [await outcome(admission, second) for _ in range(9)] == ["ISRO"] * 2 + ["5 per 1 hour"] * 7


@pytest.mark.asyncio
async def test_an_unknown_key_is_not_looked_up_again_but_a_known_one_from_there_is(
    admission: Admission, keys: Keys
) -> None:
    assert [await outcome(admission, "Bearer mlp_a_b") for _ in range(9)] == ["INVALID_KEY"] * 2 + ["2 per 1 hour"] * 7
    assert keys.looks == 3
    assert await outcome(admission, keys.add("JAXA")) == "JAXA"
    assert await outcome(admission, "Bearer mlp_a_b", "192.0.2.2") == "INVALID_KEY", "nobody there was told to wait"


@pytest.mark.asyncio
async def test_a_key_of_a_suspended_agency_counts_as_a_refused_one(admission: Admission, keys: Keys) -> None:
    """It was let in no further, but looked up as often as it called."""
    assert [await outcome(admission, SUSPENDED) for _ in range(9)] == ["AGENCY_SUSPENDED"] * 2 + ["2 per 1 hour"] * 7
    assert keys.looks == 3
    assert await outcome(admission, keys.add("JAXA")) == "JAXA"


@pytest.mark.asyncio
async def test_a_refusal_is_remembered_for_a_moment_and_of_a_bounded_number(
    admission: Admission, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission_module, "_MOST_REMEMBERED", 2)
    key = keys.add("ISRO")
    for _ in range(4):
        await outcome(admission, key)
    looks = keys.looks
    for number in range(5):
        await outcome(admission, f"Bearer mlp_a_{number}")
    assert await outcome(admission, key) == "3 per 1 hour"
    assert keys.looks == looks + 6, "the oldest is forgotten, and looked up"
    monkeypatch.setattr(admission_module, "REMEMBERED_S", 0.0)
    await outcome(admission, "Bearer mlp_c_d")
    looks = keys.looks
    await outcome(admission, "Bearer mlp_c_d")
    assert keys.looks == looks + 1
