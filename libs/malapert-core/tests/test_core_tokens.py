"""Tokens between services: what is refused of forged ones, by the library alone and over a real call."""

import base64
import hmac
import json
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import grpc
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey
from malapert.operation.v1 import operation_pb2, operation_pb2_grpc
from malapert_core.errors import PreconditionError, UnauthenticatedError
from malapert_core.policy.identity import Identity, Role, service_identity
from malapert_core.policy.tokens import read_private_key, read_public_keys
from malapert_core.rpc.client import error_from_rpc
from malapert_core.service import open_runtime
from malapert_testing.identities import identity_settings, service_key, service_tokens
from malapert_testing.services import ServiceLauncher
from sample_service.factory import MIGRATIONS, SampleSettings, build

JAXA = Identity("jaxa", Role.PLANNER, "key-7", "key:key-7", frozenset({"lupex"}))
PRINCIPAL = {"agency": "jaxa", "role": "approver", "key": "k", "principal": "key:k", "missions": []}
NOW_S = int(time.time())


def forged(
    signer: str = "gateway",
    *,
    header: dict[str, Any] | None = None,
    key: Any = None,
    leave_out: str = "",
    **claims: Any,
) -> str:
    """Return a token that is right but for what is given."""
    own = key or service_key(signer)
    header = {"alg": "Ed25519", "kid": service_key(signer).thumbprint()} | (header or {})
    stated = {"iss": signer, "aud": "sample", "iat": NOW_S, "exp": NOW_S + 60, "on_behalf_of": PRINCIPAL} | claims
    stated.pop(leave_out, None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return jwt.encode(header, stated, own, algorithms=[header["alg"]])


PUBLIC_PEM = service_key("gateway").as_pem(private=False)


def with_head(algorithm: str) -> str:
    """Return head and body of a token that names an algorithm and the gateway's key."""
    head = {"typ": "JWT", "alg": algorithm, "kid": service_key("gateway").thumbprint()}
    return f"{base64url(json.dumps(head).encode())}.{forged().split('.')[1]}"


def base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def signed_with_the_public_key(content: bytes = PUBLIC_PEM) -> str:
    text = with_head("HS256")
    return f"{text}.{base64url(hmac.digest(content, text.encode(), 'sha256'))}"


FORGED: dict[str, Callable[[], str]] = {
    "empty": lambda: "",
    "garbage": lambda: "no.token.atall",
    "not-ascii": lambda: "ü.ü.ü",
    "huge": lambda: forged(on_behalf_of=PRINCIPAL | {"missions": ["m" * 100] * 1000}),
    "unsigned": lambda: with_head("none") + ".",
    "unsigned-in-other-letters": lambda: with_head("nOnE") + ".",
    "no-signature": lambda: forged().rpartition(".")[0] + ".",
    "signature-of-another-body": lambda: ".".join(
        [*forged(on_behalf_of=PRINCIPAL | {"agency": "isro"}).split(".")[:2], forged().split(".")[2]]
    ),
    # The classic confusion: a public key taken for the secret of a symmetric algorithm.
    "public-key-as-secret": lambda: signed_with_the_public_key(),
    "public-key-bytes-as-secret": lambda: signed_with_the_public_key(
        base64.urlsafe_b64decode(service_key("gateway").as_dict(private=False)["x"] + "=")
    ),
    "elliptic-curve": lambda: forged(header={"alg": "ES256"}, key=ECKey.generate_key("P-256")),
    "own-key": lambda: forged(key=OKPKey.generate_key("Ed25519")),
    "unknown-key": lambda: forged(header={"kid": "another"}),
    "key-in-the-header": lambda: forged(header={"jwk": OKPKey.generate_key("Ed25519").as_dict(private=False)}),
    "no-key-named": lambda: forged(header={"kid": ""}),
    "another-audience": lambda: forged(aud="planner"),
    "several-audiences": lambda: forged(aud=["sample", "planner"]),
    "no-audience": lambda: forged(leave_out="aud"),
    "another-issuer": lambda: forged("landing_site", iss="gateway"),
    "no-issuer": lambda: forged(leave_out="iss"),
    "ten-years": lambda: forged(exp=NOW_S + 315_360_000),
    "61-seconds": lambda: forged(exp=NOW_S + 61),
    "no-expiry": lambda: forged(leave_out="exp"),
    "no-issue-time": lambda: forged(leave_out="iat"),
    "expired": lambda: forged(iat=NOW_S - 100, exp=NOW_S - 40),
    "not-yet-valid": lambda: forged(iat=NOW_S + 300, exp=NOW_S + 330),
    "of-another-age": lambda: forged(iat=10**30, exp=10**30 + 60),
    "ends-before-it-begins": lambda: forged(exp=NOW_S - 1),
    "time-as-text": lambda: forged(exp=str(NOW_S + 30)),
    "time-as-truth": lambda: forged(iat=True),
    "endless": lambda: forged(exp=float("inf")),
    "another-claim": lambda: forged(admin=True),
    "a-service-as-principal": lambda: forged("landing_site", on_behalf_of=PRINCIPAL | {"role": "service"}),
    "no-such-role": lambda: forged(on_behalf_of=PRINCIPAL | {"role": "root"}),
    "no-agency": lambda: forged(on_behalf_of={"role": "approver"}),
    "agency-of-another-kind": lambda: forged(on_behalf_of=PRINCIPAL | {"agency": ["jaxa"]}),
    "missions-of-another-kind": lambda: forged(on_behalf_of=PRINCIPAL | {"missions": [1]}),
    "principal-as-text": lambda: forged(on_behalf_of="jaxa"),
}


@contextmanager
def clock_at(time_s: float) -> Iterator[None]:
    with mock.patch("malapert_core.policy.tokens.time.time", return_value=time_s):
        yield


@pytest.fixture(autouse=True)
def _at_now() -> Iterator[None]:
    with clock_at(NOW_S):
        yield


def test_a_principal_is_stated_to_one_service() -> None:
    token = service_tokens("gateway").sign(JAXA, "sample")
    assert service_tokens("sample").verify(token) == JAXA
    for other in ("planner", "gateway"):
        with pytest.raises(UnauthenticatedError):
            service_tokens(other).verify(token)


def test_a_service_states_itself_and_whom_it_acts_for() -> None:
    planner, sample = service_tokens("planner"), service_tokens("sample")
    assert sample.verify(planner.sign(service_identity("planner"), "sample")) == service_identity("planner")
    seen = sample.verify(planner.sign(JAXA, "sample"))
    assert (seen.agency_id, seen.principal_id, seen.via_service) == ("jaxa", "key:key-7", "planner")
    # Handed on once more, it is the last service that vouches.
    assert service_tokens("planner").verify(sample.sign(seen, "planner")).via_service == "sample"


def test_a_service_cannot_sign_for_another() -> None:
    with pytest.raises(ValueError, match="cannot speak"):
        service_tokens("landing_site").sign(service_identity("planner"), "sample")
    stated = service_tokens("sample").verify(forged("landing_site", leave_out="on_behalf_of"))
    assert stated == service_identity("landing_site")


def test_a_token_follows_the_published_standard() -> None:
    # RFC 7519 and 8725, read by the library alone.
    token = service_tokens("gateway").sign(JAXA, "sample")
    public = OKPKey.import_key(PUBLIC_PEM)
    decoded = jwt.decode(token, public, algorithms=["Ed25519"])
    assert decoded.header["kid"] == public.thumbprint()
    assert decoded.claims["iss"] == "gateway"
    assert decoded.claims["aud"] == "sample"
    assert decoded.claims["exp"] - decoded.claims["iat"] == 60


def test_a_token_is_signed_again_after_half_its_life_and_dies_after_all_of_it() -> None:
    gateway, sample = service_tokens("gateway"), service_tokens("sample")
    with clock_at(NOW_S):
        token = gateway.sign(JAXA, "sample")
    with clock_at(NOW_S + 29):
        assert gateway.sign(JAXA, "sample") == token
        assert sample.verify(token) == JAXA
    with clock_at(NOW_S + 30):
        assert gateway.sign(JAXA, "sample") != token
    with clock_at(NOW_S + 71), pytest.raises(UnauthenticatedError):
        sample.verify(token)


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_token_is_refused(name: str) -> None:
    assert service_tokens("sample").verify(forged()).role is Role.APPROVER
    with pytest.raises(UnauthenticatedError) as caught:
        service_tokens("sample").verify(FORGED[name]())
    is_of_another_time = name in ("expired", "not-yet-valid", "of-another-age")
    assert caught.value.reason == ("CLOCK_SKEW" if is_of_another_time else "INVALID_IDENTITY")


@pytest.mark.asyncio
async def test_no_forged_token_passes_a_real_service(sqlite_service_runtime: ServiceLauncher) -> None:
    async with (
        sqlite_service_runtime.run(SampleSettings, build, MIGRATIONS) as service,
        grpc.aio.insecure_channel(service.target) as channel,
    ):
        stub = operation_pb2_grpc.OperationServiceStub(channel)
        for name, make in FORGED.items():
            metadata = (("authorization", f"Bearer {make().encode('ascii', 'replace').decode()}"),)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub.ListOperations(operation_pb2.ListOperationsRequest(), metadata=metadata)
            assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED, name
            assert error_from_rpc(caught.value).reason in ("INVALID_IDENTITY", "NO_IDENTITY", "CLOCK_SKEW")


def test_several_public_keys_of_a_service_hold_while_its_key_is_changed(tmp_path: Path) -> None:
    settings = identity_settings(tmp_path, "gateway")
    new = OKPKey.generate_key("Ed25519")
    (settings["identity_keys_dir"] / "gateway.2.pem").write_bytes(new.as_pem(private=False))
    keys = read_public_keys(settings["identity_keys_dir"])
    found = {each.key.thumbprint() for each in keys if each.service_name == "gateway"}
    assert found == {new.thumbprint(), service_key("gateway").thumbprint()}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        service_key("gateway").as_pem(private=False),
        OKPKey.generate_key("X25519").as_pem(private=True),
        ECKey.generate_key("P-256").as_pem(private=True),
        b"\xff\xfe",
    ],
    ids=["empty", "spoilt", "public", "x25519", "p-256", "no-text"],
)
def test_a_file_without_a_private_key_is_named_and_not_quoted(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "own.pem"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"own\.pem") as caught:
        read_private_key(path)
    assert "AAAA" not in str(caught.value)


@pytest.mark.asyncio
@pytest.mark.parametrize("missing", ["identity_key_file", "identity_keys_dir"])
async def test_a_service_without_its_keys_does_not_start(
    sqlite_service_runtime: ServiceLauncher, tmp_path: Path, missing: str
) -> None:
    settings = sqlite_service_runtime.settings(SampleSettings, **{missing: tmp_path / "nowhere"})
    with pytest.raises(PreconditionError) as caught:
        async with open_runtime(settings, MIGRATIONS):
            pass
    assert caught.value.reason == "NO_IDENTITY_KEY"
    assert "nowhere" in caught.value.message
