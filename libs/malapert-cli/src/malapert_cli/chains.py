"""Chains of the audit in exports and databases, verified and pruned, with what was found in the terminal."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import typer
from malapert_core.audit.anchors import anchors_of
from malapert_core.audit.export_file import ExportFileError, verify_export
from malapert_core.audit.host import prune_database, verify_database
from malapert_core.audit.verification import ChainReport, Place
from malapert_core.errors import MalapertError, PreconditionError
from malapert_core.timestamps import parse_time

from malapert_cli.data_directory import printable
from malapert_cli.refusing import MISUSED, REFUSED, refusal
from malapert_cli.terminal import console

STORED = ("gateway", "planner", "landing_site", "comms_window", "payload")


def verify_exported(file: Path, anchors: Iterable[Path]) -> None:
    """Verify an export with the anchors in logs; exit code 1 where a chain does not hold."""
    try:
        with file.open(encoding="utf-8") as lines:
            chains = verify_export(lines, _anchors(anchors))
    except (ExportFileError, UnicodeDecodeError) as error:
        raise refusal(f"{printable(file)} is no export of the audit: {error}", MISUSED) from error
    for chain in chains:
        _tell(f"{chain.service}, {chain.shown} entries shown", chain.report)
    if not all(chain.report.holds for chain in chains):
        raise typer.Exit(REFUSED)


def verify_stored(data_dir: Path, addresses: Iterable[str]) -> int:
    """Verify the chains in the databases of a data directory, or at addresses; returns the exit code.

    The anchors are those in the data directory's logs.
    """
    anchors = _anchors_in(data_dir)
    holds = True
    for database in _databases(data_dir, addresses):
        try:
            service, report = asyncio.run(verify_database(database, anchors))
        except PreconditionError as error:
            raise refusal(f"{_shown(database)}: {error.message}", MISUSED) from error
        _tell(service, report)
        holds = holds and report.holds
    return 0 if holds else REFUSED


def prune_stored(data_dir: Path, arguments: list[str]) -> None:
    """Prune the chains of a data directory, or at addresses, of what is older than ``--before TIME``; recorded.

    A chain that does not hold is left, and so is what no anchor in the data directory's logs vouches for.
    """
    usage = "use prune-audit --before TIME [DATABASE_URL...], TIME such as 2026-11-30T00:00:00Z"
    if len(arguments) < 2 or arguments[0] != "--before":
        raise refusal(usage, MISUSED)
    try:
        before = parse_time(arguments[1])
    except (ValueError, MalapertError) as error:
        raise refusal(f"{usage}: {error}", MISUSED) from error
    anchors = _anchors_in(data_dir)
    for database in _databases(data_dir, arguments[2:]):
        try:
            service, pruned = asyncio.run(prune_database(database, before, anchors))
        except PreconditionError as error:
            raise refusal(f"{_shown(database)}: {error.message}", REFUSED) from error
        console.print(f"{service}: {pruned} entries were pruned")


def _databases(data_dir: Path, addresses: Iterable[str]) -> list[Path | str]:
    return [*addresses] or [*_files(data_dir)]


def _anchors_in(data_dir: Path) -> Mapping[str, list[Place]]:
    return _anchors(sorted((data_dir / "logs").glob("*.log*")))


def _files(data_dir: Path) -> Iterator[Path]:
    for service in STORED:
        path = data_dir / service / f"{service}.db"
        if not path.exists():
            raise refusal(f"{printable(path)} is not there; give --data-dir, or the addresses of databases", MISUSED)
        yield path


def _shown(database: Path | str) -> str:
    # An address may hold a password.
    return printable(database) if isinstance(database, Path) else database.rpartition("@")[2]


def _anchors(files: Iterable[Path]) -> Mapping[str, list[Place]]:
    known: dict[str, list[Place]] = defaultdict(list)
    for file in files:
        with file.open(encoding="utf-8", errors="replace") as lines:
            for service, places in anchors_of(lines).items():
                known[service] += places
    return known


def _tell(name: str, report: ChainReport) -> None:
    if report.holds:
        console.print(f"{name}: the chain holds, {report.entries} entries up to {report.head.sequence}")
    for finding in report.findings:
        console.print(f"{name}: {finding.kind}: {finding.message}", style="red")
    if report.more_findings:
        console.print(f"{name}: and {report.more_findings} more", style="red")
