"""Charters that a service keeps: none of before refuses, absences are kept for a moment, many come in one call."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from malapert.planner.v1 import charter_pb2
from malapert_core.errors import NotFoundError, PermissionDeniedError
from malapert_core.policy import charters as kept_charters
from malapert_core.policy.charter import Charter, Consent, Membership, Part
from malapert_core.policy.charters import MOST_ASKED_FOR, RemoteCharters, enter, sign_off_rule_of
from malapert_core.policy.identity import service_identity
from malapert_core.rpc.client import open_channel
from malapert_core.signing.sign_off import SignOffKind, SignOffRule, SignOffTerm
from malapert_testing.charters import CharterBook
from malapert_testing.identities import service_tokens
from malapert_testing.services import identity_of

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NASA = identity_of("NASA")
RULE = SignOffRule(
    term=SignOffTerm(SignOffKind.ANY, ("ESA", "JAXA")),
    deadline_s=3600.0,
    silence_is_consent=True,
    signatures_required=True,
)


def charter(mission_id: str = "m", *more: Membership) -> Charter:
    owner = Membership("JAXA", frozenset({Part.OWNER}), LONG_AGO)
    return Charter(mission_id, 1, (owner, *more))


def member(*parts: Part) -> Membership:
    return Membership("NASA", frozenset(parts), LONG_AGO)


@asynccontextmanager
async def asking(book: CharterBook) -> AsyncIterator[RemoteCharters]:
    identity, tokens = service_identity("payload"), service_tokens("payload")
    async with (
        book.served() as target,
        open_channel(target, tokens=tokens, audience="planner", service_identity=identity) as channel,
    ):
        yield RemoteCharters(channel, identity)


@pytest.mark.asyncio
async def test_nobody_is_refused_by_a_charter_or_an_absence_of_before() -> None:
    book = CharterBook({}, only_these=True)
    async with asking(book) as charters:
        for found, part, error in (
            (None, Part.OBSERVER, NotFoundError),
            (charter(), Part.OBSERVER, NotFoundError),
            (charter("m", member(Part.CONTRIBUTOR)), Part.PLANNER, PermissionDeniedError),
        ):
            if found is not None:
                book.charters["m"] = found
            asked = len(book.charter_calls)
            with pytest.raises(error):
                await enter(charters, NASA, "m", part)
            # At the same cost, whether there is such a mission or not.
            assert len(book.charter_calls) == asked + 1
        book.charters["m"] = charter("m", member(Part.PLANNER))
        assert await enter(charters, NASA, "m", Part.PLANNER) == book.charters["m"]
        asked = len(book.charter_calls)
        await enter(charters, NASA, "m", Part.PLANNER)
        assert len(book.charter_calls) == asked
        with pytest.raises(NotFoundError):
            await enter(charters, replace(NASA, mission_ids=frozenset({"other"})), "m")
        assert len(book.charter_calls) == asked


@pytest.mark.asyncio
async def test_an_absence_is_kept_for_a_moment_and_not_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_charters, "_MOST_KEPT", 3)
    book = CharterBook({"m": charter()}, only_these=True)
    async with asking(book) as charters:
        for _ in range(3):
            assert await charters.get("nowhere") is None
        assert book.charter_calls == ["nowhere"]
        for name in ("m", "a", "b", "nowhere"):
            await charters.get(name)
        assert book.charter_calls == ["nowhere", "m", "a", "b", "nowhere"]
        monkeypatch.setattr(kept_charters, "ABSENCE_LIFETIME_S", 0.0)
        book.charters["nowhere"] = charter("nowhere")
        assert await charters.get("nowhere") == book.charters["nowhere"]


@pytest.mark.asyncio
async def test_many_charters_are_asked_for_in_one_call_and_kept() -> None:
    names = [f"m{number}" for number in range(MOST_ASKED_FOR + 20)]
    book = CharterBook({name: charter(name) for name in names[:-1]}, only_these=True)
    async with asking(book) as charters:
        await charters.get("m0")
        assert await charters.get_all([*names, *names]) == book.charters
        assert [len(batch) for batch in book.batches] == [MOST_ASKED_FOR, 19]
        assert await charters.get_all(names[:5]) == {name: charter(name) for name in names[:5]}
        assert (await charters.get("m7"), await charters.get(names[-1])) == (charter("m7"), None)
        assert (book.charter_calls, len(book.batches)) == (["m0"], 2)


@pytest.mark.asyncio
async def test_a_charter_comes_with_its_rules_of_consent_and_sign_off() -> None:
    given = replace(charter(), consent=Consent.ANY_OWNER, sign_off=RULE, asset_ids=frozenset({"rover"}))
    async with asking(CharterBook({"m": given})) as charters:
        assert await charters.get("m") == given
        assert await charters.get_all(["m"]) == {"m": given}


def test_a_charter_that_says_nothing_of_sign_off_has_the_rule_of_every_mission() -> None:
    assert sign_off_rule_of(charter_pb2.Charter().sign_off) == SignOffRule()
