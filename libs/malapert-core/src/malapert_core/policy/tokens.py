"""Tokens between services: JSON Web Tokens signed with Ed25519, for one service and at most a minute.

Each service has a key of its own. The gateway's states the principal that called it; any other service's states the
service itself, with the principal that it acts for beside it, so that the receiver knows both. Formats: RFC 7519 (JWT),
RFC 9864 (Ed25519), RFC 7638 (the key's identifier is its thumbprint).
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from malapert_core.errors import UnauthenticatedError
from malapert_core.policy.identity import Identity, Role, service_identity
from malapert_core.timestamps import format_time

LONGEST_LIFETIME_S = 60
"""Longest lifetime of a token, seconds; one that claims more is refused however well it is signed."""
GATEWAY = "gateway"
"""Name of the service whose token states a principal that called directly."""
_ALGORITHM: Final = "Ed25519"
CLOCK_LEEWAY_S = 10
"""Most by which the clocks of two services may differ, seconds."""
_LONGEST_TOKEN = 16 * 1024
_MOST_KEPT = 4096
_HEADER = {"typ": str, "alg": str, "kid": str}
_CLAIMS = {"iss": str, "aud": str, "iat": int, "exp": int}
_PRINCIPAL = {"agency": str, "role": str, "key": str, "principal": str, "missions": list}

K = TypeVar("K")
V = TypeVar("V")


class TokenVerifier(Protocol):
    """Whatever tells who a token's bearer is."""

    def verify(self, token: str) -> Identity:
        """Return the identity that a token states, or raise UnauthenticatedError."""
        ...


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The public half of a service's key."""

    service_name: str
    key: OKPKey


class ServiceTokens:
    """Signs the tokens of one service and verifies those that are meant for it.

    Parameters
    ----------
    service_name : str
        Who signs here, and whom tokens must be for.
    private_key : OKPKey
        The service's own, of the curve Ed25519.
    public_keys : iterable of PublicKey
        Of all services; one service may have several while its key is changed.
    """

    def __init__(self, service_name: str, private_key: OKPKey, public_keys: Iterable[PublicKey]) -> None:
        self._service_name = service_name
        self._private_key = private_key
        self._header = {"alg": _ALGORITHM, "kid": private_key.thumbprint()}
        self._public_keys = {each.key.thumbprint(): each for each in public_keys}
        self._signed: dict[tuple[Identity, str], tuple[str, int]] = {}
        self._verified: dict[str, tuple[Identity, int]] = {}

    def sign(self, identity: Identity, audience: str) -> str:
        """Return a token for a service that states an identity for at least half a minute.

        Raises
        ------
        ValueError
            Where the identity is another service's: nobody signs for a service but itself.
        """
        if identity.is_service and identity.key_id != self._service_name:
            raise ValueError(f"{self._service_name} cannot speak for the service {identity.key_id}")
        now_s = int(time.time())
        token, until_s = self._signed.get((identity, audience), ("", 0))
        if until_s > now_s:
            return token
        claims: dict[str, Any] = {
            "iss": self._service_name,
            "aud": audience,
            "iat": now_s,
            "exp": now_s + LONGEST_LIFETIME_S,
        }
        if not identity.is_service:
            claims["on_behalf_of"] = _principal_claims(identity)
        token = jwt.encode(self._header, claims, self._private_key, algorithms=[_ALGORITHM])
        _keep(self._signed, (identity, audience), (token, now_s + LONGEST_LIFETIME_S // 2))
        return token

    def verify(self, token: str) -> Identity:
        """Return the identity that a token states; a principal's says through which service it came, if not directly.

        Raises
        ------
        UnauthenticatedError
            ``INVALID_IDENTITY`` where it was not signed by the service that it names, has expired, begins later, lives
            longer than a minute, states what its signer may not, or is meant for somebody else; ``CLOCK_SKEW`` where a
            service well known signed it and all but its time is right.
        """
        known, until_s = self._verified.get(token, (None, 0))
        if known is not None and until_s > time.time():
            return known
        try:
            identity, expiry_s = self._read(token)
        except _ClockError as error:
            raise UnauthenticatedError("CLOCK_SKEW", str(error)) from error
        except (JoseError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise UnauthenticatedError("INVALID_IDENTITY", "the identity token is not valid") from error
        _keep(self._verified, token, (identity, expiry_s))
        return identity

    def _read(self, token: str) -> tuple[Identity, int]:
        if len(token) > _LONGEST_TOKEN:
            raise ValueError("too long")
        header = jws.extract_compact(token.encode("ascii")).headers()
        _require_fields(header, _HEADER)
        signer = self._public_keys[header["kid"]]
        claims = jwt.decode(token, signer.key, algorithms=[_ALGORITHM]).claims
        principal = claims.pop("on_behalf_of", None)
        _require_fields(claims, _CLAIMS)
        if claims["iss"] != signer.service_name or claims["aud"] != self._service_name:
            raise ValueError("not of this signer, or not for this service")
        identity = _identity_of(signer.service_name, principal)
        _check_times(signer.service_name, claims["iat"], claims["exp"])
        return identity, claims["exp"]


def new_private_key() -> OKPKey:
    """Return a fresh Ed25519 key."""
    return OKPKey.generate_key(_ALGORITHM, auto_kid=False)


def read_private_key(path: Path) -> OKPKey:
    """Return the Ed25519 key of a PEM file (PKCS #8).

    Raises
    ------
    ValueError
        Where the file is absent or holds none; the message names the file and nothing of its content.
    """
    return _read_key(path, private=True)


def read_public_keys(directory: Path) -> list[PublicKey]:
    """Return the public keys of all services: of each PEM file, named ``<service>.pem`` or ``<service>.<any>.pem``.

    Raises
    ------
    ValueError
        Where there is none, or a file holds none.
    """
    files = sorted(directory.glob("*.pem"))
    keys = [PublicKey(path.name.partition(".")[0], _read_key(path, private=False)) for path in files]
    if not keys:
        raise ValueError(f"{directory} has no public key of a service; they are files <service>.pem")
    return keys


def _read_key(path: Path, *, private: bool) -> OKPKey:
    wanted = "a private" if private else "a public"
    try:
        key = OKPKey.import_key(path.read_bytes())
        fits = key.curve_name == _ALGORITHM and key.is_private == private
    except (OSError, ValueError, KeyError, TypeError, JoseError) as error:
        raise ValueError(f"{path} cannot be read as {wanted} key: {type(error).__name__}") from None
    if not fits:
        raise ValueError(f"{path} does not hold {wanted} Ed25519 key")
    return key


def _principal_claims(identity: Identity) -> dict[str, Any]:
    return {
        "agency": identity.agency_id,
        "role": identity.role.value,
        "key": identity.key_id,
        "principal": identity.principal_id,
        "missions": sorted(identity.mission_ids),
    }


def _identity_of(signer: str, principal: Any) -> Identity:
    if principal is None:
        return service_identity(signer)
    _require_fields(principal, _PRINCIPAL)
    role = Role(principal["role"])
    if role is Role.SERVICE or not all(isinstance(each, str) for each in principal["missions"]):
        raise ValueError("a service is no principal of an agency")
    return Identity(
        principal["agency"],
        role,
        principal["key"],
        principal["principal"],
        frozenset(principal["missions"]),
        "" if signer == GATEWAY else signer,
    )


class _ClockError(Exception):
    """The token is not of now: its signer's clock differs from this one, or it was kept for later."""


def _check_times(signer: str, issued_s: int, expiry_s: int) -> None:
    now_s = time.time()
    if not 0 < expiry_s - issued_s <= LONGEST_LIFETIME_S:
        raise ValueError("lives too long")
    if issued_s > now_s + CLOCK_LEEWAY_S or expiry_s <= now_s - CLOCK_LEEWAY_S:
        raise _ClockError(
            f"the identity token of {signer} is for {_clock(issued_s)} to {_clock(expiry_s)}, and here it is "
            f"{_clock(now_s)}: the clocks of services may differ by {CLOCK_LEEWAY_S} s"
        )


def _clock(time_s: float) -> str:
    try:
        return format_time(datetime.fromtimestamp(round(time_s), UTC))
    except (OverflowError, ValueError, OSError):
        return "another age"


def _require_fields(found: Any, wanted: Mapping[str, type]) -> None:
    fits = isinstance(found, dict) and found.keys() == wanted.keys()
    if not fits or any(type(found[name]) is not kind for name, kind in wanted.items()):
        raise ValueError("not the claims of a token")


def _keep(kept: dict[K, V], key: K, value: V) -> None:
    """Keep a value among the latest; a token is sent with every call, and its signature need be worked out once."""
    if len(kept) >= _MOST_KEPT:
        del kept[next(iter(kept))]
    kept[key] = value
