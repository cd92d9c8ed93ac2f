"""Chains of the audit are verified on the host and, exported, anywhere."""

import asyncio
import json
import sqlite3
from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from malapert_cli.__main__ import app
from malapert_cli.chains import STORED
from malapert_core.audit.anchors import ANCHORED
from malapert_core.audit.ledger import head_of
from malapert_core.audit.reading import AuditReader
from malapert_core.audit.trail import AuditTrail
from malapert_core.audit.verification import Place
from malapert_core.db.core_migrations import create_audit_tables
from malapert_core.db.database import Database
from malapert_core.policy.identity import Identity, Role
from malapert_testing.charters import CharterBook
from typer.testing import CliRunner

JAXA = Identity("JAXA", Role.PLANNER, "k")


async def filled(path: Path, service: str) -> tuple[Place, bytes]:

    database = Database(f"sqlite+aiosqlite:///{path}")
    async with database.engine.begin() as connection:
        await connection.run_sync(lambda sync: create_audit_tables(Operations(MigrationContext.configure(sync))))
    for agency_id in ("JAXA", "ISRO", "JAXA"):
        async with database.transaction() as session:
            who = Identity(agency_id, Role.PLANNER, "k")
            AuditTrail(service).record(session, "a.b", entity_kind="a", entity_id="1", identity=who)
    lines = b"".join([each async for each in AuditReader(database, service, CharterBook()).export(JAXA, "")])
    head = await head_of(database)
    await database.close()
    return head, lines


@pytest.fixture
def platform(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    for service in STORED:
        (tmp_path / service).mkdir()
        head, lines = asyncio.run(filled(tmp_path / service / f"{service}.db", service))
        anchor = {"event": ANCHORED, "service": service, "sequence": head.sequence, "hash": head.hash}
        (tmp_path / "logs" / f"{service}.log").write_text(json.dumps(anchor) + "\n")
        (tmp_path / f"{service}.jsonl").write_bytes(lines)
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(arguments))
    return done.exit_code, done.output


def test_stored_chains_are_verified_with_the_anchors_of_the_logs(platform: Path) -> None:
    code, told = run("admin", "--data-dir", str(platform), "verify-audit")
    assert code == 0, told
    assert told.count("the chain holds, 3 entries") == len(STORED)
    with sqlite3.connect(platform / "payload" / "payload.db") as connection:
        connection.execute("DROP TRIGGER audit_entry_delete")
        connection.execute("DROP TRIGGER audit_head_update")
        connection.execute("DELETE FROM audit_entry WHERE sequence = 3")
        connection.execute(
            "UPDATE audit_head SET sequence = 2, hash = (SELECT hash FROM audit_entry WHERE sequence = 2)"
        )
    code, told = run("admin", "--data-dir", str(platform), "verify-audit")
    assert code == 1
    assert "payload: REMOVED: entry 3 was removed" in told
    address = f"sqlite+aiosqlite:///{platform / 'planner' / 'planner.db'}"
    assert run("admin", "--data-dir", str(platform), "verify-audit", address)[0] == 0
    assert run("admin", "--data-dir", str(platform / "logs"), "verify-audit")[0] == 2
    for address in (
        "no address",
        "sqlite+aiosqlite:////nowhere/at/all.db",
        "postgresql+asyncpg://u:secret@127.0.0.1:1/x",
    ):
        code, told = run("admin", "--data-dir", str(platform), "verify-audit", address)
        assert (code, "secret" in told) == (2, False), told


def test_an_export_is_verified_offline(platform: Path) -> None:
    export = platform / "planner.jsonl"
    code, told = run("audit", "verify", str(export), "--anchors", str(platform / "logs" / "planner.log"))
    assert (code, "planner, 2 entries shown: the chain holds, 3 entries" in told) == (0, True)
    export.write_text(export.read_text().replace('"JAXA"', '"ISRO"'))
    code, told = run("audit", "verify", str(export))
    assert code == 1
    assert "ALTERED: entry 1 was altered" in told
    export.write_bytes(b"\xff\xfe")
    assert run("audit", "verify", str(export))[0] == 2


def test_stored_chains_are_pruned_up_to_their_anchors_and_say_so(platform: Path) -> None:
    directory = ("admin", "--data-dir", str(platform))
    code, told = run(*directory, "prune-audit", "--before", "2000-01-01T00:00:00Z")
    assert (code, told.count(": 0 entries were pruned")) == (0, len(STORED)), told
    code, told = run(*directory, "prune-audit", "--before", "2999-01-01T00:00:00Z")
    assert (code, told.count(": 2 entries were pruned")) == (0, len(STORED)), told
    code, told = run(*directory, "verify-audit")
    assert (code, told.count("the chain holds, 2 entries up to 4")) == (0, len(STORED)), told
    with sqlite3.connect(platform / "payload" / "payload.db") as connection:
        query = "SELECT principal_id FROM audit_entry WHERE action = 'audit.pruned'"
        ((principal,),) = connection.execute(query).fetchall()
    assert principal.startswith("host:")
    for log in (platform / "logs").iterdir():
        log.unlink()
    code, told = run(*directory, "prune-audit", "--before", "2999-01-01T00:00:00Z")
    assert (code, "no anchor after 0 is known" in " ".join(told.split())) == (1, True), told
    for wrong in ((), ("--before",), ("--before", "yesterday"), ("2999-01-01T00:00:00Z",)):
        assert run(*directory, "prune-audit", *wrong)[0] == 2


def test_a_broken_chain_is_not_pruned(platform: Path) -> None:
    with sqlite3.connect(platform / "gateway" / "gateway.db") as connection:
        connection.execute("DROP TRIGGER audit_entry_update")
        connection.execute("UPDATE audit_entry SET detail = 'other' WHERE sequence = 1")
    code, told = run("admin", "--data-dir", str(platform), "prune-audit", "--before", "2999-01-01T00:00:00Z")
    assert (code, "the chain does not hold" in " ".join(told.split())) == (1, True), told
