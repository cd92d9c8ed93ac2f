"""No input ends in a traceback or in markup: each is refused in words, with the exit code that `--help` names."""

import contextlib
import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from malapert_cli.__main__ import app
from malapert_cli.embedded import choose_port
from malapert_cli.refusing import DEFECT, INTERRUPTED, MISUSED, REFUSED, TRACE_VARIABLE, UNREACHABLE
from malapert_client import UnreachableError
from rich.text import Text
from typer.testing import CliRunner

MISSION = "mission: {id: m, title: t}\n"
KEYS = {"keys": [{"agency_id": "JAXA", "role": "PLANNER", "key": "k"}]}


@pytest.fixture(autouse=True)
def surroundings(tmp_path, monkeypatch):
    """A directory with a mission file and keys, and nothing that the environment says."""
    for name in ("MALAPERT_URL", "MALAPERT_KEY", "MALAPERT_KEYS_FILE", TRACE_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.yaml").write_text(MISSION)
    (tmp_path / ".malapert").mkdir()
    (tmp_path / ".malapert" / "keys.json").write_text(json.dumps(KEYS))


def run(*arguments: str, code: int) -> str:
    """Run a command that is refused, and return what it says."""
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == code, (result.output, result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    assert result.stderr.strip()
    return " ".join(result.stderr.split())


@contextlib.contextmanager
def serving(status: int, body: bytes, content_type: str = "application/json") -> Iterator[str]:
    """Answer every call alike."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST  # noqa: N815 - as the server calls it

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


BYTES = {
    "binary": bytes(range(256)) * 8,
    "latin-1": "mission: {title: Küste}\n".encode("latin-1"),
    "utf-16": MISSION.encode("utf-16"),
    "empty": b"",
    "list": b"- 1\n",
    "scalar": b"3\n",
    "cut": b"mission: {id: m",
    "nan": b"mission: {id: m, value: .nan}\n",
    "date": b"mission: 9999-99-99\n",
    "octal": b"mission: {id: m, count: 010}\n",
    "twice": b"mission: {id: m, id: n}\n",
    "deep": b"[" * 20_000,
    "bombs": b"a: &a [1,1]\n" + b"".join(b"%c: &%c [*%c,*%c]\n" % (c, c, c - 1, c - 1) for c in range(98, 122)),
    "self": b"a: &a [*a]\n",
    "endless": b"# " * 3_000_000,
    "tag": b"!!python/object/apply:os.system [id]\n",
    "control": b"mission: {id: \x07}\n",
    "key": b"{1: 2, [3]: 4}\n",
}


@pytest.mark.parametrize("command", [("mission", "check"), ("plan", "make")])
@pytest.mark.parametrize("kind", [*BYTES])
def test_whatever_a_mission_file_holds(tmp_path, command, kind):
    (tmp_path / "m.yaml").write_bytes(BYTES[kind])
    problem = {"title": "Refused", "detail": "no", "reason": "INVALID_MISSION", "errors": []}
    with serving(422, json.dumps(problem).encode()) as url:
        assert run(*command, "m.yaml", "--url", url, code=REFUSED)


@pytest.mark.parametrize("command", [("mission", "check"), ("plan", "make")])
def test_a_mission_file_that_is_none(tmp_path, command):
    assert "does not exist" in run(*command, "absent.yaml", code=MISUSED)
    assert "is a directory" in run(*command, ".", code=MISUSED)
    (tmp_path / "[bold]x[nothing].yaml").write_text("[")
    assert "[bold]x[nothing].yaml" in run(*command, "[bold]x[nothing].yaml", code=REFUSED)


def test_a_mission_that_comes_by_a_pipe_is_read_once(tmp_path):
    problem = {"title": "Refused", "detail": "no", "reason": "INVALID_MISSION"}
    fault = {"path": "mission.title", "code": "BAD", "message": "wrong"}
    os.mkfifo(tmp_path / "pipe")
    writing = threading.Thread(target=lambda: (tmp_path / "pipe").write_text("mission:\n  id: m\n  title: t\n"))
    writing.start()
    with serving(422, json.dumps({**problem, "errors": [fault]}).encode()) as url:
        assert "pipe:3: mission.title: wrong" in run("mission", "check", "pipe", "--url", url, code=REFUSED)
    writing.join()


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a file without end")
def test_a_file_without_end_is_not_read_whole():
    assert "more than the" in run("mission", "check", "/dev/zero", code=REFUSED)


@pytest.mark.skipif(os.geteuid() == 0, reason="rights do not bind the superuser")
def test_files_without_rights(tmp_path):
    (tmp_path / "m.yaml").chmod(0)
    assert "is not readable" in run("mission", "check", "m.yaml", code=MISUSED)
    (tmp_path / ".malapert" / "keys.json").chmod(0)
    (tmp_path / "m.yaml").chmod(0o600)
    assert "cannot be read: Permission denied" in run("mission", "check", "m.yaml", code=MISUSED)


@pytest.mark.parametrize(
    "url",
    ["nonsense", "ftp://x", "http://", "http://a b", "http://[::1", "http://x:99999", "http://h?q", "", "file:///etc"],
)
def test_addresses_that_are_none(url):
    run("plan", "make", "m.yaml", "--url", url, code=MISUSED if url else UNREACHABLE)


def test_nothing_answers_at_an_address():
    told = run("mission", "check", "m.yaml", "--url", f"http://127.0.0.1:{choose_port(0)}", code=UNREACHABLE)
    assert "no platform answers at http://127.0.0.1" in told
    assert "malapert up" in told


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>"),
        (200, b"[]"),
        (200, b""),
        (502, b"bad gateway [/red]"),
        (302, b"{}"),
        (500, b'"x"'),
        (404, b"{}"),
    ],
)
def test_what_answers_is_no_platform(status, body):
    with serving(status, body) as url:
        for command in (("mission", "check", "m.yaml"), ("plan", "make", "m.yaml"), ("plan", "compare", "a", "b")):
            assert "is no Malapert" in run(*command, "--url", url, code=REFUSED)


@pytest.mark.parametrize(
    "keys", ["", "{", "[]", '{"keys": 3}', '{"keys": [{}]}', '{"keys": [{"role": 1}]}', "\0", "null"]
)
def test_keys_files_that_are_cut_or_spoilt(tmp_path, keys):
    (tmp_path / ".malapert" / "keys.json").write_text(keys)
    assert "keys.json" in run("mission", "check", "m.yaml", code=MISUSED)


def test_keys_that_are_none(tmp_path):
    assert "no key" in run("mission", "check", "m.yaml", "--key", "schlüssel", code=MISUSED)
    assert "no key" in run("mission", "check", "m.yaml", "--key", "a\nb", code=MISUSED)
    assert "no key of ESA" in run("mission", "check", "m.yaml", "--agency", "ESA", code=MISUSED)
    (tmp_path / ".malapert" / "keys.json").unlink()
    assert "malapert up" in run("plan", "make", "m.yaml", code=MISUSED)


def test_results_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    for command in (
        ("plan", "make", "m.yaml", "--out", "file"),
        ("plan", "compare", "a", "b", "--out", "file/page.html"),
    ):
        assert "file: File exists" in run(*command, code=MISUSED)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--nonsense",),
        ("nonsense",),
        ("mission", "check"),
        ("plan", "make", "m.yaml", "--seed", "one"),
        ("plan", "make", "m.yaml", "--work-limit", "nan"),
        ("plan", "make", "m.yaml", "--work-limit", "inf"),
        ("plan", "make", "m.yaml", "--work-limit", "-1"),
        ("plan", "make", "m.yaml", "--priority", "[red]"),
        ("plan", "make", "m.yaml", "--terrain", "absent.tif"),
        ("plan", "make", "m.yaml", "--terrain", "."),
        ("up", "--port", "70000"),
        ("up", "--workers", "-1"),
        ("up", "--prot", "1"),
        ("up", "--data-dir", "m.yaml"),
    ],
)
def test_options_that_are_wrong(arguments):
    run(*arguments, code=MISUSED)


def test_terrain_that_cannot_be_fetched(tmp_path):
    assert "no product is named" in run("terrain", "fetch", "nonsense", code=REFUSED)
    run("terrain", "fetch", "Site01", "--base-url", "nonsense", code=REFUSED)
    (tmp_path / "file").write_text("")
    with serving(200, b"x") as url:
        run("terrain", "fetch", "Site01", "--base-url", url, "--out", "file", code=MISUSED)


def _raise(error: BaseException) -> object:
    def raising(*_: object, **__: object) -> None:
        raise error

    return raising


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (KeyboardInterrupt(), INTERRUPTED, "interrupted"),
        (UnreachableError("nothing came in time", is_timeout=True), UNREACHABLE, "in time"),
        (OSError(28, "No space left on device", "out"), MISUSED, "out: No space left on device"),
        (ZeroDivisionError("[/x]"), DEFECT, f"[/x]; set {TRACE_VARIABLE}=1"),
    ],
)
def test_whatever_else_goes_wrong(monkeypatch, error, code, words):
    monkeypatch.setattr("malapert_cli.mission_commands.hand_in", _raise(error))
    assert words in run("mission", "check", "m.yaml", "--url", "http://127.0.0.1:9", code=code)


@pytest.mark.parametrize(
    "command", [(), ("mission", "check"), ("plan", "make"), ("plan", "compare"), ("up",), ("terrain", "fetch")]
)
def test_help_names_the_exit_codes(command):
    result = CliRunner().invoke(app, [*command, "--help"])
    assert result.exit_code == 0
    assert "Exit codes:" in result.output
    assert Text.from_markup(result.output).plain.count("[/") == 0


def test_help_loads_no_plotting_no_database_and_no_messages():
    heavy = ["matplotlib", "sqlalchemy", "pydantic", "numpy", "nats", "grpc", "httpx", "malapert_client.client"]
    code = f"import sys, malapert_cli.__main__; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("text", ["nan", "inf", "1e999", "1e-400", "1_0", "१", " 5", "-0.5"])
def test_an_option_takes_no_number_that_a_double_would_change(text: str) -> None:
    assert "--work-limit" in run("plan", "make", "m.yaml", "--work-limit", text, code=MISUSED)


@pytest.mark.parametrize(
    "options",
    [
        ["orbiter", "export", "relay-1", "--step-s", "1e-400"],
        ["station", "put", "test-11", "--latitude-deg", "1_0"],
        ["window", "compute", "--least-sun-fractions", "nan"],
        ["plan", "list", "--only-noticed", "--version", "1_0"],
    ],
)
def test_an_option_of_any_call_reads_numbers_alike(options: list[str]) -> None:
    assert options[-2] in run(*options, code=MISUSED)
