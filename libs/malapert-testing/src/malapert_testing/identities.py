"""Keys and tokens that the services of a test sign and verify with; the same in every process, and of tests alone."""

import base64
import hashlib
from functools import cache
from pathlib import Path

from joserfc.jwk import OKPKey
from malapert_core.policy.tokens import PublicKey, ServiceTokens

# What stands before the 32 bytes of an Ed25519 key in PKCS #8, RFC 8410 section 7.
_PKCS8_PREFIX = bytes.fromhex("302e020100300506032b657004220420")
TEST_SERVICES = ("gateway", "planner", "landing_site", "comms_window", "payload", "sample")


@cache
def service_key(service_name: str) -> OKPKey:
    """Return the private key of a service in tests."""
    seed = hashlib.sha256(f"only tests sign with the key of {service_name}".encode()).digest()
    body = base64.b64encode(_PKCS8_PREFIX + seed).decode()
    return OKPKey.import_key(f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n")


@cache
def _public_keys() -> tuple[PublicKey, ...]:
    return tuple(PublicKey(name, OKPKey.import_key(service_key(name).as_pem(private=False))) for name in TEST_SERVICES)


def service_tokens(service_name: str) -> ServiceTokens:
    """Return what a service of a test signs and verifies with."""
    return ServiceTokens(service_name, service_key(service_name), _public_keys())


def identity_settings(directory: Path, service_name: str) -> dict[str, Path]:
    """Write the keys of a service's settings into a directory, and return these settings."""
    keys_dir = directory / "identity"
    keys_dir.mkdir(parents=True, exist_ok=True)
    key_file = directory / f"{service_name}.key.pem"
    key_file.write_bytes(service_key(service_name).as_pem(private=True))
    for name in TEST_SERVICES:
        (keys_dir / f"{name}.pem").write_bytes(service_key(name).as_pem(private=False))
    return {"identity_key_file": key_file, "identity_keys_dir": keys_dir}
