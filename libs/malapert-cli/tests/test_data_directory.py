"""A data directory of any name is taken, or refused by name; one platform has it."""

import json
import os
import socket
import sqlite3
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest
from malapert_cli.__main__ import app
from malapert_cli.data_directory import (
    LOCK_NAME,
    LONGEST_DATABASE,
    SQLITE_PATH_BYTES,
    DataDirectoryError,
    held,
    prepare_directory,
)
from malapert_cli.embedded import EmbeddedError, PortTakenError, choose_port, plan_embedded
from typer.testing import CliRunner

NAMES = [
    "josé",
    "月 面",
    "with blanks ",
    "it's",
    'so "called"',
    "100%",
    "%20",
    "a?b#c",
    "$HOME",
    "a\\b",
    "a\nb",
    "[red]",
]


@pytest.mark.parametrize("name", NAMES)
def test_any_letters_are_taken(tmp_path, name):
    directory = prepare_directory(tmp_path / name)
    embedded = plan_embedded(directory, 0)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    broker = embedded.processes[0]
    assert broker.directory == directory
    # No path is written into the broker's configuration, whose grammar has escapes of its own.
    assert json.loads((directory / "nats.conf").read_text())["jetstream"]["store_dir"] == "nats"
    assert all(Path(spec.log_path).parent == directory / "logs" for spec in embedded.processes)


def test_a_relative_directory_and_a_symbolic_link_lead_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert prepare_directory(Path("new")) == tmp_path / "new"
    link = prepare_directory(Path("link"))
    with held(link, "http://a"), pytest.raises(DataDirectoryError, match="in use by another platform"):
        held(tmp_path / "real", "http://b").__enter__()


def test_what_is_no_directory_is_refused_by_name(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "nowhere").symlink_to(tmp_path / "missing" / "target")
    for path, reason in (
        (tmp_path / "file", "File exists"),
        (tmp_path / "file" / "inner", "Not a directory"),
        (tmp_path / "nowhere", "File exists"),
        (tmp_path / ("n" * 300), "name too long"),
    ):
        with pytest.raises(DataDirectoryError, match=reason) as refusal:
            prepare_directory(path)
        assert str(path) in str(refusal.value)
    with pytest.raises(DataDirectoryError, match=r"not UTF-8") as refusal:
        prepare_directory(Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff")))
    assert "\\xff" in str(refusal.value)


def test_a_path_is_as_long_as_sqlite_takes_it(tmp_path):
    room = SQLITE_PATH_BYTES - len(LONGEST_DATABASE) - 1 - len(os.fsencode(tmp_path))
    path = tmp_path
    while room > 120:
        path, room = path / ("d" * 99), room - 100
    longest = prepare_directory(path / ("e" * (room - 1)))
    database = longest / LONGEST_DATABASE
    database.parent.mkdir()
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE t (c)")
    connection.close()
    with pytest.raises(DataDirectoryError, match="1 bytes too long"):
        prepare_directory(path / ("e" * room))


@pytest.mark.skipif(os.geteuid() == 0, reason="rights do not bind the superuser")
def test_a_directory_without_rights_is_refused_by_name(tmp_path):
    (tmp_path / "closed").mkdir(mode=0o500)
    for path in (tmp_path / "closed", tmp_path / "closed" / "inner"):
        with pytest.raises(DataDirectoryError, match="Permission denied"):
            prepare_directory(path)


def test_no_room_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _path: SimpleNamespace(free=5_000_000))
    with pytest.raises(DataDirectoryError, match=r"5\.0 MB free"):
        prepare_directory(tmp_path)


@pytest.mark.parametrize(
    "left", ["", "nonsense", "[]", '{"process_id": 1}', json.dumps({"process_id": 2**22 + 1, "url": "x"})]
)
def test_a_stale_lock_is_no_lock(tmp_path, left):
    (tmp_path / LOCK_NAME).write_text(left)
    with held(tmp_path, "http://here"):
        assert json.loads((tmp_path / LOCK_NAME).read_text())["process_id"] == os.getpid()
    with held(tmp_path, "http://here"):
        pass


def test_a_spoilt_secret_is_named(tmp_path):
    directory = prepare_directory(tmp_path / "data")
    plan_embedded(directory, 0)
    (directory / "nats-users" / "payload.secret").write_text("")
    with pytest.raises(EmbeddedError, match=r"payload\.secret"):
        plan_embedded(directory, 0)


def test_what_others_left_open_is_closed(tmp_path):
    (tmp_path / "planner").mkdir(mode=0o755)
    (tmp_path / "logs").mkdir(mode=0o755)
    plan_embedded(prepare_directory(tmp_path), 0)
    assert [(tmp_path / name).stat().st_mode & 0o077 for name in ("planner", "logs", "nats", "gateway")] == [0] * 4


def test_a_port_that_is_only_bound_is_taken_too():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(PortTakenError, match=str(taken.getsockname()[1])):
            choose_port(taken.getsockname()[1])
    assert choose_port(0) > 0


def test_what_lay_open_in_a_directory_is_its_owner_s_alone_again(tmp_path):
    directory = prepare_directory(tmp_path / "data")
    (directory / "planner").mkdir(mode=0o755)
    database = directory / "planner" / "planner.db"
    database.touch(mode=0o644)
    database.chmod(0o644)
    plan_embedded(directory, 0)
    found = [directory, *directory.rglob("*")]
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in found} == {0}


@pytest.mark.parametrize("command", [["up", "--port", "0"], ["admin", "list-agencies"]])
@pytest.mark.parametrize("name", ["", "  "])
def test_an_empty_name_is_not_this_directory(command, name, tmp_path, monkeypatch):
    """Such as `--data-dir "$UNSET"`: databases and keys would be spread in the working directory."""
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, [*command, "--data-dir", name])
    assert (result.exit_code, list(tmp_path.iterdir())) == (2, [])
    assert "it is empty" in result.output
