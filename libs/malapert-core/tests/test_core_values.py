"""Errors, identities, times, hashes, cursors and settings: what the core says of plain values."""

import pickle
import uuid
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from malapert_core.errors import (
    ErrorCategory,
    Fault,
    InvalidInputError,
    MalapertError,
    NotFoundError,
    restored_error,
)
from malapert_core.rpc.paging import decode_cursor, encode_cursor
from malapert_core.timestamps import format_time, from_timestamp, parse_time, to_timestamp
from malapert_core.vocabulary.content_hash import bytes_hash, content_hash
from malapert_core.vocabulary.identifiers import new_identifier
from malapert_testing.identities import identity_settings
from sample_service.factory import SampleSettings
from sqlalchemy import URL


@pytest.mark.parametrize("category", list(ErrorCategory))
def test_an_error_survives_pickling_whole(category: ErrorCategory) -> None:
    error = restored_error(category, "A_REASON", "what happened", {"a": "b"}, [Fault("x[0]", "BAD", "use another")])
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert (copy.category, copy.reason, copy.message, copy.metadata, copy.faults) == (
        category,
        "A_REASON",
        "what happened",
        {"a": "b"},
        (Fault("x[0]", "BAD", "use another"),),
    )


def test_not_found_names_its_kind() -> None:
    error = NotFoundError("landing site", "s-1")
    assert error.reason == "UNKNOWN_LANDING_SITE"
    assert error.metadata == {"identifier": "s-1"}
    assert isinstance(error, MalapertError)


@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)))  # noqa: DTZ001 - made aware below
def test_times_survive_protobuf_and_text(naive: datetime) -> None:
    time = naive.replace(tzinfo=UTC)
    assert from_timestamp(to_timestamp(time)) == time
    assert parse_time(format_time(time)) == time
    assert format_time(time).endswith("Z")


def test_times_with_another_offset_become_utc() -> None:
    tokyo = datetime(2029, 1, 15, 15, tzinfo=timezone(timedelta(hours=9)))
    assert parse_time("2029-01-15T15:00:00+09:00") == from_timestamp(to_timestamp(tokyo))
    assert parse_time("2029-01-15T15:00:00+09:00").isoformat() == "2029-01-15T06:00:00+00:00"


@pytest.mark.parametrize(("text", "reason"), [("2029-01-15T06:00:00", "NAIVE_TIME"), ("soon", "INVALID_TIME")])
def test_times_that_leave_doubt_are_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_time(text)
    assert caught.value.reason == reason


def test_hashes_ignore_the_order_of_keys_and_know_published_values() -> None:
    assert content_hash({"b": 1, "a": [1.5, "ü"]}) == content_hash({"a": [1.5, "ü"], "b": 1})
    # FIPS 180-2, appendix B.1.
    assert bytes_hash(b"abc") == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    with pytest.raises(ValueError, match="Out of range"):
        content_hash(float("nan"))


def test_identifiers_are_uuids_of_version_7() -> None:
    identifier = uuid.UUID(new_identifier())
    assert (identifier.version, identifier.variant) == (7, uuid.RFC_4122)


def test_cursors_carry_their_key_and_others_are_refused() -> None:
    assert decode_cursor(encode_cursor("2029", "x"), 2) == ("2029", "x")
    for token in ("%%%", "abc", encode_cursor("one")):
        with pytest.raises(InvalidInputError) as caught:
            decode_cursor(token, 2)
        assert caught.value.faults[0].path == "page.page_token"


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, path in identity_settings(tmp_path, "sample").items():
        monkeypatch.setenv(f"MALAPERT_SAMPLE_{name.upper()}", str(path))
    monkeypatch.setenv("MALAPERT_SAMPLE_DATA_DIR", str(tmp_path))
    settings = SampleSettings()
    assert settings.database_address == URL.create("sqlite+aiosqlite", database=f"{tmp_path}/sample.db")
    assert settings.auto_migrate is True
    monkeypatch.setenv("MALAPERT_SAMPLE_DATABASE_URL", "postgresql+asyncpg://db/sample")
    assert SampleSettings().auto_migrate is False
