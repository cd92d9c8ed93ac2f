"""Public key sets of agencies (RFC 7517, Ed25519 alone), and the proofs that are signed with their keys."""

import binascii
import json
import warnings
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from malapert_core.errors import Fault, InvalidInputError, UnauthenticatedError
from malapert_core.vocabulary.content_hash import content_hash

CURVE = "Ed25519"
MOST_KEYS = 10
LONGEST_PROOF_S = 300
"""Longest lifetime of a proof, seconds."""
_CLOCK_LEEWAY_S = 30
_LONGEST_PROOF = 8192
_PUBLIC_BYTES = 32
_ALGORITHMS = ["Ed25519", "EdDSA"]
_MEMBERS = frozenset({"kty", "crv", "x", "kid", "use", "alg", "key_ops"})


def checked_key_set(keys: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Return a key set in its kept form: the public members alone, each key with an identifier.

    Raises
    ------
    InvalidInputError
        ``INVALID_KEY_SET`` with every fault.
    """
    faults = [fault for index, key in enumerate(keys) for fault in _key_faults(f"key_set.keys[{index}]", key)]
    if not 1 <= len(keys) <= MOST_KEYS:
        faults.append(Fault("key_set.keys", "KEY_COUNT", f"1 to {MOST_KEYS} keys are allowed, not {len(keys)}"))
    kept = [] if faults else [_kept(key) for key in keys]
    for member in ("kid", "x"):
        seen: set[str] = set()
        for index, key in enumerate(kept):
            if key[member] in seen:
                faults.append(Fault(f"key_set.keys[{index}].{member}", "DUPLICATE", "it is there twice"))
            seen.add(key[member])
    if faults:
        raise InvalidInputError("INVALID_KEY_SET", "the key set is not one of public Ed25519 keys", faults=faults)
    return tuple(kept)


def key_set_hash(keys: Sequence[Mapping[str, Any]]) -> str:
    """Return the content hash of a key set, which a proof of its change names."""
    return content_hash({"keys": list(keys)})


def require_proof(proof: str, keys: Sequence[Mapping[str, Any]], claims: Mapping[str, Any], now: datetime) -> None:
    """Refuse a proof that is not a fresh JSON Web Token of exactly these claims, signed with one of the keys.

    Parameters
    ----------
    proof : str
        A compact JWS.
    keys : sequence of mapping
        The public keys, of which the header's ``kid`` names one.
    claims : mapping
        What it states beside ``iat`` and ``exp``.
    now : datetime
        The present instant.

    Raises
    ------
    UnauthenticatedError
        ``INVALID_PROOF``.
    """
    try:
        _verify(proof, {key["kid"]: key for key in keys}, claims, now.timestamp())
    except (JoseError, ValueError, KeyError, TypeError, RecursionError) as error:
        message = (
            f"the proof is not a JWS of this agency's own key that states {json.dumps(dict(claims), sort_keys=True)} "
            f"for at most {LONGEST_PROOF_S} s from now"
        )
        raise UnauthenticatedError("INVALID_PROOF", message) from error


def _verify(proof: str, keys: Mapping[str, Mapping[str, Any]], wanted: Mapping[str, Any], now_s: float) -> None:
    if len(proof) > _LONGEST_PROOF:
        raise ValueError("too long")
    header = jws.extract_compact(proof.encode("ascii")).headers()
    if not header.keys() <= {"alg", "kid", "typ"}:
        raise ValueError("unknown header")
    key = OKPKey.import_key(dict(keys[header["kid"]]))
    with warnings.catch_warnings():
        # RFC 9864 replaces the name EdDSA by Ed25519; both are one algorithm for a key of this curve.
        warnings.simplefilter("ignore")
        found = dict(jwt.decode(proof, key, algorithms=_ALGORITHMS).claims)
    issued_s, expiry_s = found.pop("iat"), found.pop("exp")
    if type(issued_s) is not int or type(expiry_s) is not int or found != dict(wanted):
        raise ValueError("other claims")
    is_short = 0 < expiry_s - issued_s <= LONGEST_PROOF_S
    if not is_short or not issued_s - _CLOCK_LEEWAY_S <= now_s < expiry_s + _CLOCK_LEEWAY_S:
        raise ValueError("not now")


def _key_faults(path: str, key: Mapping[str, Any]) -> Iterator[Fault]:
    if "d" in key:
        yield Fault(f"{path}.d", "PRIVATE_KEY", "a private key is never sent; leave this member out and make a new key")
    for name in sorted(key.keys() - _MEMBERS - {"d"}):
        yield Fault(f"{path}.{name}"[:200], "UNKNOWN_MEMBER", f"allowed: {', '.join(sorted(_MEMBERS))}")
    wanted: tuple[tuple[str, tuple[Any, ...]], ...] = (
        ("kty", ("OKP",)),
        ("crv", (CURVE,)),
        ("use", (None, "sig")),
        ("alg", (None, *_ALGORITHMS)),
        ("key_ops", (None, ["verify"])),
    )
    for name, values in wanted:
        if key.get(name) not in values:
            allowed = " or ".join(str(value) for value in values if value is not None)
            yield Fault(f"{path}.{name}", "NOT_ALLOWED", f"{allowed} is allowed")
    if not _is_point(key.get("x")):
        yield Fault(f"{path}.x", "NOT_A_KEY", f"{_PUBLIC_BYTES} bytes in base64url are allowed")
    identifier = key.get("kid", "-")
    if not isinstance(identifier, str) or not 0 < len(identifier) <= 200 or not identifier.isprintable():
        yield Fault(f"{path}.kid", "NOT_ALLOWED", "1 to 200 printable characters are allowed")


def _is_point(text: Any) -> bool:
    if not isinstance(text, str) or len(text) != 43:
        return False
    try:
        return len(urlsafe_b64decode(text + "=")) == _PUBLIC_BYTES
    except (ValueError, binascii.Error):
        return False


def _kept(key: Mapping[str, Any]) -> dict[str, Any]:
    public = {"kty": "OKP", "crv": CURVE, "x": key["x"]}
    return public | {"kid": key.get("kid") or OKPKey.import_key(dict(public)).thumbprint(), "use": "sig"}
