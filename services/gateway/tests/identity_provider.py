"""A provider of identity that the tests serve: it publishes keys, and signs tokens by another library than ours."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import parse_qs

import jwt as pyjwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

AUDIENCE = "malapert"
KEYS: dict[str, Any] = {
    "RS256": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": Ed25519PrivateKey.generate(),
}
_ALGORITHMS: dict[str, Any] = {
    "RS256": pyjwt.algorithms.RSAAlgorithm,
    "ES256": pyjwt.algorithms.ECAlgorithm,
    "EdDSA": pyjwt.algorithms.OKPAlgorithm,
}


class Provider:
    """A provider of identity: its discovery document and keys over HTTP, and the tokens that it signs."""

    def __init__(self, address: str) -> None:
        self.issuer = address
        self.named = list(KEYS)
        self.asked: list[str] = []
        self.is_away = False

    def answer(self, path: str) -> Any:
        self.asked.append(path)
        if self.is_away:
            return None
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys"}
        shared = {"kty": "oct", "k": "c2VjcmV0", "kid": "shared"}
        # Providers have keys of kinds that are not known here beside those that are.
        other = {"kty": "EC", "crv": "P-999", "x": "AA", "y": "AA", "kid": "other"}
        return {"keys": [shared, other, "none", *(self._public(name) for name in self.named)]}

    def _public(self, name: str) -> Any:
        return json.loads(_ALGORITHMS[name].to_jwk(KEYS[name].public_key())) | {"kid": name}

    def token(self, subject: str = "ada", *, alg: str = "RS256", key: Any = None, **claims: Any) -> str:
        now = int(time.time())
        stated = {"iss": self.issuer, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + 300} | claims
        stated = {name: value for name, value in stated.items() if value is not None}
        return pyjwt.encode(stated, key or KEYS.get(alg), algorithm=alg, headers={"kid": alg})

    def bearer(self, *args: Any, **claims: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(*args, **claims)}"}

    def redeem(self, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        """Answer who brings a code: this one gave none."""
        return 400, {"error": "invalid_grant"}


P = TypeVar("P", bound=Provider)


@contextmanager
def served(kind: type[P]) -> Iterator[P]:
    """Serve a provider on a free port of this host."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = provider.answer(self.path)
            self.say(200 if found else 503, found)

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            one_each = {name: values[0] for name, values in form.items()}
            self.say(*provider.redeem(one_each, self.headers.get("Authorization", "")))

        def say(self, status: int, document: Any) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(document).encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = kind(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
