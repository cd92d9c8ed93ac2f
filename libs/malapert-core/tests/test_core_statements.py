"""Portable reviews: Ed25519 signatures of RFC 8037, the shape of in-toto, and that nothing else is taken for one."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import OctKey, OKPKey
from malapert_core.errors import InvalidInputError
from malapert_core.signing.canonical import canonical_bytes
from malapert_core.signing.statement import (
    Decision,
    ReviewStatement,
    _payload,
    read_key_set,
    sign_statement,
    verified_statement,
)

# RFC 8037, Appendix A.
D, X = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
KEY = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "d": D, "x": X})
RFC_8037_JWS = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)
KEYS = read_key_set({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": X, "kid": "jaxa-1"}]})
STATEMENT = ReviewStatement(
    "plan-1", "lupex", "merkle-sha256:" + "ab" * 32, "JAXA", Decision.CONDITIONAL, ("drill after noon",),
    "sha256:" + "00" * 32, "key:1", datetime(2029, 1, 10, 6, tzinfo=UTC),
)  # fmt: skip


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_a_signature_is_that_of_rfc_8037() -> None:
    with pytest.warns(SecurityWarning, match="9864"):
        signed = jws.serialize_compact({"alg": "EdDSA"}, b"Example of Ed25519 signing", KEY, algorithms=["EdDSA"])
    assert signed == RFC_8037_JWS
    assert _payload(RFC_8037_JWS, KEYS[0]) == b"Example of Ed25519 signing"


def test_a_signed_statement_is_in_totos_and_verified_by_another_library() -> None:
    header, payload, signature = sign_statement(STATEMENT, KEY).split(".")
    Ed25519PublicKey.from_public_bytes(decoded(X)).verify(decoded(signature), f"{header}.{payload}".encode())
    assert json.loads(decoded(header)) == {"alg": "Ed25519", "cty": "application/vnd.in-toto+json"}
    content = json.loads(decoded(payload))
    # in-toto attestation framework, spec/v1/statement.md: the type, subjects with digests, a typed predicate.
    assert content["_type"] == "https://in-toto.io/Statement/v1"
    assert content["subject"] == [{"name": "plan-1", "digest": {"merkleSha256": "ab" * 32}}]
    assert content["predicateType"] == "urn:malapert:plan-review:v1"
    assert content["predicate"] == {
        "agency": "JAXA", "decision": "CONDITIONAL", "conditions": ["drill after noon"],
        "notices": "sha256:" + "00" * 32, "principal": "key:1", "time": "2029-01-10T06:00:00Z", "planId": "plan-1",
        "missionId": "lupex",
    }  # fmt: skip


@pytest.mark.parametrize(
    "statement",
    [
        STATEMENT,
        replace(STATEMENT, decision=Decision.APPROVED, conditions=()),
        replace(STATEMENT, content_hash="sha256:" + "0f" * 32, agency_id='宇宙機構 "x"', conditions=("é\n", "")),
    ],
)
def test_what_was_signed_is_read_as_it_was(statement: ReviewStatement) -> None:
    assert verified_statement(sign_statement(statement, KEY), KEYS) == statement


def test_a_statement_signed_by_another_library_is_taken() -> None:
    private = Ed25519PrivateKey.from_private_bytes(decoded(D))
    parts = [json.dumps({"alg": "EdDSA"}).encode(), canonical_bytes(STATEMENT.content())]
    signed = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    signature = base64.urlsafe_b64encode(private.sign(signed.encode())).rstrip(b"=").decode()
    assert verified_statement(f"{signed}.{signature}", KEYS) == STATEMENT


def signed(content: Any, key: Any = KEY, alg: str = "Ed25519") -> str:
    payload = content if isinstance(content, bytes) else canonical_bytes(content)
    return jws.serialize_compact({"alg": alg}, payload, key, algorithms=[alg])


def altered(**changes: Any) -> dict[str, Any]:
    content = STATEMENT.content()
    return {**content, "predicate": {**content["predicate"], **changes}}


GOOD = sign_statement(STATEMENT, KEY)
BAD: dict[str, str] = {
    "another key": sign_statement(STATEMENT, OKPKey.generate_key("Ed25519")),
    "an altered signature": GOOD[:-4] + ("AAAA" if GOOD[-4:] != "AAAA" else "BBBB"),
    "no signature": GOOD.rpartition(".")[0] + ".",
    "unsigned": base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=") + "." + GOOD.split(".")[1] + ".",
    "a secret shared by all": signed(STATEMENT.content(), OctKey.import_key(decoded(X)), "HS256"),
    "nothing": "",
    "dots": "..",
    "text": "é",
    "too long": "a" * 70_000,
    "no JSON": signed(b"text"),
    "a list": signed([]),
    "a number": signed(1),
    "an empty object": signed({}),
    "spaces": signed(json.dumps(STATEMENT.content()).encode()),
    "another type": signed({**STATEMENT.content(), "_type": "https://in-toto.io/Statement/v0.1"}),
    "another predicate": signed({**STATEMENT.content(), "predicateType": "https://slsa.dev/provenance/v1"}),
    "two subjects": signed({**STATEMENT.content(), "subject": STATEMENT.content()["subject"] * 2}),
    "no subject": signed({**STATEMENT.content(), "subject": []}),
    "another digest": signed({**STATEMENT.content(), "subject": [{"name": "p", "digest": {"sha512": "ab" * 64}}]}),
    "a short digest": signed({**STATEMENT.content(), "subject": [{"name": "p", "digest": {"sha256": "ab"}}]}),
    "a plan twice": signed(altered(planId="plan-2")),
    "a decision of its own": signed(altered(decision="MAYBE")),
    "more than a review": signed(altered(more=1)),
    "no time": signed(altered(time="yesterday")),
    "conditions as text": signed(altered(conditions="drill")),
    "a condition as a number": signed(altered(conditions=[1])),
    "a number for an agency": signed(altered(agency=7)),
    "deep": signed(b"[" * 3000 + b"]" * 3000),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_review_of_the_agency_is_refused(name: str) -> None:
    with pytest.raises(InvalidInputError, match="INVALID_SIGNATURE"):
        verified_statement(BAD[name], KEYS)


PUBLIC = {"kty": "OKP", "crv": "Ed25519", "x": X}


@pytest.mark.parametrize(
    "content",
    [
        None, [], {}, {"keys": {}}, {"keys": []}, {"keys": [1]}, {"keys": [{**PUBLIC, "d": D}]},
        {"keys": [PUBLIC] * 101}, {"keys": [{"kty": "oct", "k": "AAAA"}]}, {"keys": [{**PUBLIC, "crv": "X25519"}]},
        {"keys": [{**PUBLIC, "x": "A"}]}, {"keys": [{**PUBLIC, "x": 5}]}, {"keys": [{"kty": "OKP", "crv": "Ed25519"}]},
        {"keys": [{**PUBLIC, "kid": 5}]},
    ],
)  # fmt: skip
def test_other_keys_are_refused(content: Any) -> None:
    with pytest.raises(InvalidInputError, match="INVALID_KEY_SET"):
        read_key_set(content)


def test_every_key_of_a_set_is_tried() -> None:
    others = [OKPKey.generate_key("Ed25519").as_dict(private=False) for _ in range(3)]
    keys = read_key_set({"keys": [*others, PUBLIC]})
    assert verified_statement(GOOD, keys) == STATEMENT
