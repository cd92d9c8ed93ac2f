"""The page opened by logging in at a provider of identity, which another site of the same machine is."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey
from malapert_testing.nats_server import free_port
from malapert_testing.platform import Platform
from page_use import NEEDS_PAGE, require_accessible

pytestmark = NEEDS_PAGE
KEY = OKPKey.generate_key("Ed25519", {"kid": "one"})
CLIENT = "malapert-page"


class Provider(BaseHTTPRequestHandler):
    """Logs in whom it is told to, without asking, and gives a token for the code."""

    subject = ""
    issuer = ""
    nonces: ClassVar[dict[str, str]]

    def do_GET(self) -> None:
        """Publish what it has, or send the browser back."""
        path, asked = urlsplit(self.path).path, _fields(urlsplit(self.path).query)
        if path == "/authorize":
            answer = {"error": "access_denied", "error_description": "Not <b>today</b>", "state": asked["state"]}
            if self.subject:
                self.nonces["code"] = asked["nonce"]
                answer = {"code": "code", "state": asked["state"], "iss": self.issuer}
            self.send_response(302)
            self.send_header("Location", f"{asked['redirect_uri']}?{urlencode(answer)}")
            self.end_headers()
        elif path == "/keys":
            self._say({"keys": [KEY.as_dict(private=False)]})
        else:
            places = {"jwks_uri": "keys", "authorization_endpoint": "authorize", "token_endpoint": "token"}
            self._say({"issuer": self.issuer} | {name: f"{self.issuer}/{place}" for name, place in places.items()})

    def do_POST(self) -> None:
        """Redeem a code."""
        asked = _fields(self.rfile.read(int(self.headers["Content-Length"])).decode())
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": self.subject, "nonce": self.nonces.pop(asked["code"])}
        now = int(time.time())
        token = jwt.encode(
            {"alg": "Ed25519", "kid": "one"}, claims | {"iat": now, "exp": now + 300}, KEY, algorithms=["Ed25519"]
        )
        self._say({"id_token": token})

    def _say(self, document: object) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(document).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _fields(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text).items()}


@pytest.fixture(scope="module")
def provider():
    class Served(Provider):
        nonces: ClassVar[dict[str, str]] = {}

    server = ThreadingHTTPServer(("127.0.0.1", 0), Served)
    # Another site than the page's, whose address is a number: cookies of the page are not sent from there.
    Served.issuer = f"http://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Served
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def platform(tmp_path_factory, provider):
    url = f"http://127.0.0.1:{free_port()}"
    providers = {"JAXA": {"issuer": provider.issuer, "audience": "malapert", "client_id": CLIENT}}
    named = {
        "MALAPERT_GATEWAY_PUBLIC_URL": url,
        "MALAPERT_GATEWAY_IDENTITY_PROVIDERS": json.dumps(providers),
    }
    running = Platform(url, tmp_path_factory.mktemp("log-in") / "data", named)
    running.start()
    try:
        running.wait_ready()
        with running.api("JAXA", "ADMINISTRATOR") as api:
            api.post("/keys", {"role": "PLANNER", "subject": "ada"})
        yield running
    finally:
        running.process.terminate()
        running.process.wait(60)


def test_a_person_logs_in_on_the_page_and_a_refusal_is_told(page, platform, provider):
    page.goto(platform.url)
    log_in = page.get_by_role("button", name="Log in at JAXA")
    for subject, told in (("", "Not <b>today</b>"), ("bob", "JAXA has given this person no key")):
        provider.subject = subject
        log_in.click()
        page.get_by_role("alert").filter(has_text=told).wait_for()
        assert page.url == f"{platform.url}/"
        require_accessible(page)
    provider.subject = "ada"
    log_in.click()
    page.get_by_text("What needs JAXA now").wait_for()
    # Neither code nor state stays where somebody could see it, and no script has the session.
    assert page.url.rstrip("#/") == platform.url
    assert page.evaluate("document.cookie") == ""
    page.reload()
    page.get_by_text("What needs JAXA now").wait_for()
    # An address of a log-in that is over opens nothing.
    page.context.clear_cookies()
    page.goto(f"{platform.url}/?code=code&state=state")
    page.get_by_role("alert").filter(has_text="this browser began no such log-in").wait_for()
