"""Portable reviews: an in-toto statement (v1) on a plan's content hash, signed by an agency's own Ed25519 key.

The statement is canonical JSON (RFC 8785); its signature a JSON Web Signature (RFC 7515) in compact form by Ed25519
(RFC 9864, or RFC 8037 by the older name EdDSA). Whoever knows the agency's keys checks it without the platform.
"""

import re
import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import OKPKey

from malapert_core.documents.json_text import read_json
from malapert_core.documents.nodes import DocumentError
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.signing.canonical import canonical_bytes
from malapert_core.timestamps import format_time, parse_time

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:malapert:plan-review:v1"
CONTENT_TYPE = "application/vnd.in-toto+json"
MAX_SIGNATURE_CHARS = 64 * 1024
"""Largest length of a signed statement."""
_ALGORITHMS = ["Ed25519", "EdDSA"]
_DIGESTS = {"merkle-sha256": "merkleSha256", "sha256": "sha256"}
_HEX = re.compile(r"[0-9a-f]{64}")
_PREDICATE = {"agency", "decision", "conditions", "notices", "principal", "time", "planId", "missionId"}


class Decision(StrEnum):
    """What an agency says of a plan; a conditional approval counts once each of its conditions is met or waived."""

    APPROVED = "APPROVED"
    CONDITIONAL = "CONDITIONAL"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True)
class ReviewStatement:
    """An agency's say on a plan's content hash and the notices that touch it (``notices_hash``), by a principal, UTC.

    Statements of before notices were told apart by agency have the hash of all notices of the plan.
    """

    plan_id: str
    mission_id: str
    content_hash: str
    agency_id: str
    decision: Decision
    conditions: tuple[str, ...]
    notices_hash: str
    principal_id: str
    time: datetime

    def content(self) -> dict[str, Any]:
        """Return the statement as in-toto has it."""
        prefix, _, digest = self.content_hash.partition(":")
        return {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": self.plan_id, "digest": {_DIGESTS[prefix]: digest}}],
            "predicateType": PREDICATE_TYPE,
            "predicate": {
                "agency": self.agency_id,
                "decision": self.decision.value,
                "conditions": list(self.conditions),
                "notices": self.notices_hash,
                "principal": self.principal_id,
                "time": format_time(self.time),
                "planId": self.plan_id,
                "missionId": self.mission_id,
            },
        }


def sign_statement(statement: ReviewStatement, key: OKPKey) -> str:
    """Return a statement as a signed JWS in compact form."""
    header = {"alg": "Ed25519", "cty": CONTENT_TYPE, **({"kid": key.kid} if key.kid else {})}
    return jws.serialize_compact(header, canonical_bytes(statement.content()), key, algorithms=_ALGORITHMS)


def read_key_set(content: Any, path: str = "") -> tuple[OKPKey, ...]:
    """Return a JSON Web Key Set of Ed25519 public keys.

    Raises
    ------
    InvalidInputError
        ``INVALID_KEY_SET`` where it is none, has other keys, or a private one.
    """
    keys = content.get("keys") if isinstance(content, dict) else None
    if not isinstance(keys, list) or not 0 < len(keys) <= 100:
        raise _fault("INVALID_KEY_SET", path, 'a key set is {"keys": [...]} of 1 to 100 keys')
    read = []
    for index, key in enumerate(keys):
        where = f"{path}.keys[{index}]".removeprefix(".")
        if not isinstance(key, dict) or (key.get("kty"), key.get("crv")) != ("OKP", "Ed25519"):
            raise _fault("INVALID_KEY_SET", where, "an Ed25519 key is allowed: kty OKP, crv Ed25519")
        if "d" in key:
            raise _fault("INVALID_KEY_SET", where, "this is a private key; give its public part alone")
        try:
            read.append(OKPKey.import_key({name: key[name] for name in ("kty", "crv", "x", "kid") if name in key}))
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise _fault("INVALID_KEY_SET", where, f"the key cannot be read: {error}") from error
    return tuple(read)


def verified_statement(signature: str, keys: Sequence[OKPKey]) -> ReviewStatement:
    """Return the statement that a signature by one of some keys states.

    Raises
    ------
    InvalidInputError
        ``INVALID_SIGNATURE`` where no key made it, or it states something else than a review in canonical form.
    """
    if len(signature) > MAX_SIGNATURE_CHARS or not signature.isascii():
        raise _bad("a signed statement has at most 65536 characters of ASCII")
    payload = next((found for key in keys if (found := _payload(signature, key)) is not None), None)
    if payload is None:
        raise _bad("none of the agency's keys made it")
    try:
        content = read_json(payload)
    except DocumentError as error:
        raise _bad("what is signed is no JSON") from error
    try:
        statement = _read(content)
        if canonical_bytes(content) != payload or statement.content() != content:
            raise _bad("what is signed is not in canonical form, or says more than a review")
    except (LookupError, TypeError, ValueError, AttributeError, InvalidInputError) as error:
        raise _bad(f"what is signed is no review of a plan: {str(error)[:200]}") from error
    return statement


def _payload(signature: str, key: OKPKey) -> bytes | None:
    try:
        with warnings.catch_warnings():
            # Tools of RFC 8037 know the algorithm by its older name alone.
            warnings.simplefilter("ignore", SecurityWarning)
            return bytes(jws.deserialize_compact(signature, key, algorithms=_ALGORITHMS).payload)
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def _read(content: Mapping[str, Any]) -> ReviewStatement:
    subject, predicate = content["subject"][0], content["predicate"]
    (name, digest) = next(iter(subject["digest"].items()))
    prefixes: Collection[str] = [prefix for prefix, key in _DIGESTS.items() if key == name]
    if not prefixes or _HEX.fullmatch(digest) is None:
        raise ValueError("the subject's digest is no content hash of a plan")
    if set(predicate) != _PREDICATE:
        raise ValueError(f"a predicate has {', '.join(sorted(_PREDICATE))}")
    conditions = predicate["conditions"]
    texts = [subject["name"], *(value for name, value in predicate.items() if name != "conditions"), *conditions]
    if not isinstance(conditions, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError("a predicate has texts, and a list of texts for its conditions")
    return ReviewStatement(
        plan_id=subject["name"],
        mission_id=predicate["missionId"],
        content_hash=f"{next(iter(prefixes))}:{digest}",
        agency_id=predicate["agency"],
        decision=Decision(predicate["decision"]),
        conditions=tuple(conditions),
        notices_hash=predicate["notices"],
        principal_id=predicate["principal"],
        time=parse_time(predicate["time"]),
    )


def _bad(message: str) -> InvalidInputError:
    return _fault("INVALID_SIGNATURE", "signature", message)


def _fault(reason: str, path: str, message: str) -> InvalidInputError:
    return InvalidInputError(reason, message, faults=[Fault(path, reason, message)])
