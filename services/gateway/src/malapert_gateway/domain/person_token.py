"""Tokens of people: signed by the provider of identity (OpenID Connect) by which their agency logs them in."""

import json
import warnings
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, import_key
from malapert_core.errors import UnauthenticatedError

LONGEST_TOKEN_S = 86_400
"""Longest lifetime of a token that is taken, seconds, whatever its provider wrote."""
LONGEST_SUBJECT = 180
_LONGEST_TOKEN = 16_384
_CLOCK_LEEWAY_S = 30
_LAST_S = 1 << 53
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"]
_TYPES = ("", "jwt", "at+jwt")
_KEY_TYPES = ("RSA", "EC", "OKP")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """Provider by which an agency logs its people in: its issuer, for whom its tokens are meant here, and its keys.

    Without ``keys_url`` the issuer's discovery document says where they are.
    """

    agency_id: str
    issuer: str
    audience: str
    keys_url: str = ""


def is_token(text: str) -> bool:
    """Tell whether a bearer's text has the form of a JSON Web Token (RFC 7519)."""
    return text.count(".") == 2


def stated_claims(token: str) -> Mapping[str, Any]:
    """Return what a token says before anything of it is verified.

    Raises
    ------
    UnauthenticatedError
        ``INVALID_TOKEN``.
    """
    if len(token) > _LONGEST_TOKEN:
        raise _invalid(f"it is longer than {_LONGEST_TOKEN} characters")
    try:
        payload = token.split(".")[1]
        claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, RecursionError) as error:
        raise _invalid("it is no JSON Web Token") from error
    if not isinstance(claims, dict):
        raise _invalid("its claims are no object")
    return claims


def audiences_of(claims: Mapping[str, Any]) -> tuple[str, ...]:
    """Return whom a token says that it is meant for."""
    audience = claims.get("aud")
    found = audience if isinstance(audience, list) else [audience]
    return tuple(each for each in found if isinstance(each, str))


def public_keys(document: Any) -> KeySet:
    """Return the public keys of a provider's key set; shared secrets in it are none, nor what is of no kind known here.

    Raises
    ------
    ValueError
        Where it is no key set, or has no public key for signatures.
    """
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        raise ValueError("a key set has a list of keys")
    wanted = [key for key in keys if isinstance(key, dict) and key.get("kty") in _KEY_TYPES and key.get("use") != "enc"]
    known = [found for key in wanted if (found := _known_key(key)) is not None]
    if not known:
        raise ValueError("the key set has no public key for signatures")
    return KeySet(known)


def _known_key(key: dict[str, Any]) -> Any:
    try:
        return import_key(key)
    except (JoseError, ValueError, KeyError, TypeError):
        return None


def key_name(token: str) -> str:
    """Return the name of the key that a token says it is signed with; empty for none."""
    try:
        header = token.split(".")[0]
        found = json.loads(urlsafe_b64decode(header + "=" * (-len(header) % 4))).get("kid", "")
    except (ValueError, AttributeError, RecursionError):
        return ""
    return found if isinstance(found, str) else ""


def verified_subject(token: str, keys: KeySet, provider: IdentityProvider, now_s: float) -> str:
    """Return whose token it is, by the identifier that never changes at its provider (``sub``).

    Parameters
    ----------
    token : str
        A compact JWS.
    keys : KeySet
        The provider's public keys.
    provider : IdentityProvider
    now_s : float
        The present instant, Unix seconds.

    Raises
    ------
    UnauthenticatedError
        ``INVALID_TOKEN``.
    """
    decoded = _decoded(token, keys)
    claims = decoded.claims
    if str(decoded.header.get("typ", "")).lower() not in _TYPES:
        raise _invalid("it is a token for something else")
    audiences = audiences_of(claims)
    if claims.get("iss") != provider.issuer or provider.audience not in audiences:
        raise _invalid("it is of another provider, or for somebody else")
    if len(audiences) > 1 and claims.get("azp") != provider.audience:
        raise _invalid("it is for several, and does not say that it was asked for by this platform")
    _require_now(claims, now_s)
    subject = claims.get("sub")
    if not isinstance(subject, str) or not is_subject(subject):
        raise _invalid(f"its subject is not 1 to {LONGEST_SUBJECT} printable ASCII characters without blanks")
    return subject


def _decoded(token: str, keys: KeySet) -> jwt.Token:
    name = key_name(token)
    for key in keys.keys:
        if name in ("", key.kid):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # EdDSA is deprecated in RFC 9864, and what providers still write.
                    return jwt.decode(token, key, algorithms=_ALGORITHMS)
            except (JoseError, ValueError, KeyError, TypeError, RecursionError):
                continue
    raise _invalid("its signature is by none of its provider's keys")


def is_subject(text: str) -> bool:
    """Tell whether a text can name a person."""
    return 0 < len(text) <= LONGEST_SUBJECT and all("!" <= each <= "~" for each in text)


def require_private(address: str) -> str:
    """Return an address that nobody on the way can change answers of; raises ValueError for another."""
    parts = urlsplit(address)
    if (parts.scheme == "https" and parts.hostname) or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return address
    raise ValueError(f"{address!r:.200}: https is allowed, http on the loopback alone")


def _require_now(claims: Mapping[str, Any], now_s: float) -> None:
    issued_s, expires_s = _time_of(claims, "iat"), _time_of(claims, "exp")
    begins_s = _time_of(claims, "nbf") if "nbf" in claims else issued_s
    if now_s >= expires_s + _CLOCK_LEEWAY_S:
        raise _invalid("it has expired")
    if max(issued_s, begins_s) > now_s + _CLOCK_LEEWAY_S:
        raise _invalid("it does not hold yet")
    if expires_s - issued_s > LONGEST_TOKEN_S:
        raise _invalid(f"it lasts longer than {LONGEST_TOKEN_S} s")


def _time_of(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LAST_S:
        raise _invalid(f"it does not state {name} as a time")
    return float(value)


def _invalid(why: str) -> UnauthenticatedError:
    return UnauthenticatedError("INVALID_TOKEN", f"the token cannot be taken: {why}")
