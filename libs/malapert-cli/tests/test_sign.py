"""A review is signed on the reviewer's machine: what is sent proves who said what of which plan."""

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from malapert_cli.__main__ import app
from malapert_core.policy.tokens import new_private_key
from malapert_core.signing.statement import verified_statement
from malapert_http_models.contracts.planner import Plan
from malapert_testing.example_messages import example_of
from typer.testing import CliRunner

CONTENT_HASH = "merkle-sha256:" + "ab" * 32
ANSWERS: dict[str, dict[str, Any]] = {
    "/api/v1/whoami": {
        "agency_id": "ISRO",
        "principal_id": "key:5f0c1d2e",
        "role": "APPROVER",
        "key_id": "5f0c1d2e",
        "mission_ids": [],
        "allowed_actions": [],
        "limits": [],
        "limits_unknown_at": [],
    },
    "/api/v1/plans/p-1": example_of(
        Plan, {"plan_id": "p-1", "mission_id": "lupex", "notices_hash": "cd" * 32, "agency_notices_hash": ""}
    ),
    "/api/v1/plans/p-1:review": example_of(Plan, {"state": "SUBMITTED"}),
}


@pytest.fixture
def platform() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A platform with one plan, and the bodies that it was sent."""
    sent: list[dict[str, Any]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(ANSWERS[self.path]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            sent.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", sent
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("options", "approve", "decision"),
    [
        ((), True, "APPROVED"),
        (("--condition", "battery model of May"), True, "CONDITIONAL"),
        (("--say", "reject", "--comment", "too cold"), False, "REJECTED"),
    ],
)
def test_a_review_carries_a_statement_that_the_agencys_key_proves(
    platform: tuple[str, list[dict[str, Any]]], tmp_path: Path, options: tuple[str, ...], approve: bool, decision: str
) -> None:
    url, sent = platform
    key = new_private_key()
    file = tmp_path / "agency.pem"
    file.write_bytes(key.as_pem(private=True))
    given = ("--private-key", str(file), "--content-hash", CONTENT_HASH, "--url", url, "--key", "k")
    done = CliRunner().invoke(app, ["plan", "sign", "p-1", *given, *options])
    assert done.exit_code == 0, (done.output, done.exception)
    (body,) = sent
    stated = verified_statement(body["signature"], [key])
    assert (stated.agency_id, stated.plan_id, stated.mission_id) == ("ISRO", "p-1", "lupex")
    assert (stated.content_hash, stated.notices_hash) == (CONTENT_HASH, "cd" * 32)
    assert (stated.decision, stated.principal_id) == (decision, "key:5f0c1d2e")
    assert list(stated.conditions) == [condition["text"] for condition in body["conditions"]]
    assert (body["approve"], body["content_hash"]) == (approve, CONTENT_HASH)
    secret = key.as_dict(private=True)["d"]
    assert secret not in json.dumps(body)
    assert secret not in done.output


def test_no_review_is_sent_without_a_private_key(platform: tuple[str, list[dict[str, Any]]], tmp_path: Path) -> None:
    url, sent = platform
    file = tmp_path / "public.pem"
    file.write_bytes(new_private_key().as_pem(private=False))
    given = ("--private-key", str(file), "--content-hash", CONTENT_HASH, "--url", url, "--key", "k")
    done = CliRunner().invoke(app, ["plan", "sign", "p-1", *given])
    assert done.exit_code != 0
    assert "private key is allowed" in " ".join(done.output.split())
    assert sent == []


def test_what_is_no_content_hash_is_refused(platform: tuple[str, list[dict[str, Any]]], tmp_path: Path) -> None:
    url, sent = platform
    file = tmp_path / "agency.pem"
    file.write_bytes(new_private_key().as_pem(private=True))
    for wrong in ("ab" * 32, "md5:" + "ab" * 32, "sha256:ab", ""):
        given = ("--private-key", str(file), "--content-hash", wrong, "--url", url, "--key", "k")
        done = CliRunner().invoke(app, ["plan", "sign", "p-1", *given])
        assert (done.exit_code, "64 hexadecimal digits" in " ".join(done.output.split())) == (2, True), done.output
    assert sent == []
