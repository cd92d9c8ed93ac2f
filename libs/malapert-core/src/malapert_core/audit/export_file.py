"""Verification of exported audit chains, offline: a file of JSON lines as `AuditReader.export` writes them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from malapert_core.audit.chain import CONTENT_FIELDS, hash_of_content
from malapert_core.audit.reading import CUT, EXPORT_FORM
from malapert_core.audit.verification import MOST_FINDINGS, Break, ChainCheck, ChainReport, Finding, Place, StoredLink

_MOST_LINE_LETTERS = 100_000


class ExportFileError(ValueError):
    """A file that is no export of an audit chain, with the line."""


@dataclass(frozen=True, slots=True)
class ExportedChain:
    """Verified export of one service's chain: how many of its entries are shown, and what was found."""

    service: str
    shown: int
    report: ChainReport


def verify_export(lines: Iterable[str], anchors: Mapping[str, Iterable[Place]] | None = None) -> list[ExportedChain]:
    """Verify the chains of an export, each from its header on.

    Parameters
    ----------
    lines : iterable of str
    anchors : mapping of str to iterable of Place, optional
        Places that were published, by service.

    Raises
    ------
    ExportFileError
        Where a line is none of an export.
    """
    known = anchors or {}
    chains: list[_Chain] = []
    for number, line in _parsed(lines):
        if CUT in line:
            raise ExportFileError(f"line {number}: the export ended early ({line[CUT]!s:.80}); export it again")
        if "form" in line:
            chains.append(_Chain(number, line, known))
        elif chains:
            chains[-1].take(number, line)
        else:
            raise ExportFileError(f"line {number}: an export begins with its header, whose form is {EXPORT_FORM!r}")
    if not chains:
        raise ExportFileError("there is no line in it")
    return [chain.end() for chain in chains]


class _Chain:
    """An exported chain while it is read."""

    def __init__(self, number: int, header: dict[str, Any], anchors: Mapping[str, Iterable[Place]]) -> None:
        if header["form"] != EXPORT_FORM:
            raise ExportFileError(f"line {number}: the form is {header['form']!r:.80}; {EXPORT_FORM!r} is read")
        self._service = str(header.get("service", ""))
        start, self._head = (_place(number, header.get(name)) for name in ("start", "head"))
        published = anchors.get(self._service, ())
        self._check = ChainCheck(start, [anchor for anchor in published if start.sequence < anchor.sequence])
        self._shown = 0
        self._foreign: list[Finding] = []

    def take(self, number: int, line: dict[str, Any]) -> None:
        """Check the next line."""
        content = line.get("content")
        link = _stored(number, line, content)
        self._check.take(link)
        self._shown += content is not None
        if content is not None and content["service"] != self._service and len(self._foreign) < MOST_FINDINGS:
            message = f"entry {link.sequence} is not of the service {self._service}"
            self._foreign.append(Finding(link.sequence, Break.INSERTED, message))

    def end(self) -> ExportedChain:
        """Return what was found."""
        report = self._check.end(self._head)
        findings = tuple(sorted((*report.findings, *self._foreign)))
        report = ChainReport(report.entries, report.head, findings, report.more_findings)
        return ExportedChain(self._service, self._shown, report)


def _parsed(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            content = json.loads(text[:_MOST_LINE_LETTERS])
        except (ValueError, RecursionError) as error:
            raise ExportFileError(f"line {number}: it is no JSON of at most {_MOST_LINE_LETTERS} letters") from error
        if not isinstance(content, dict):
            raise ExportFileError(f"line {number}: it is no JSON object")
        yield number, content


def _stored(number: int, line: dict[str, Any], content: Any) -> StoredLink:
    sequence, previous_hash, own_hash = (line.get(name) for name in ("sequence", "previous_hash", "hash"))
    content_hash = line.get("content_hash")
    if content is not None:
        is_whole = isinstance(content, dict) and sorted(content) == list(CONTENT_FIELDS)
        if not is_whole or not all(isinstance(value, str) for value in content.values()):
            raise ExportFileError(f"line {number}: the content has exactly the texts {', '.join(CONTENT_FIELDS)}")
        content_hash = hash_of_content(content[name] for name in CONTENT_FIELDS)
    texts = (previous_hash, own_hash, content_hash)
    if type(sequence) is not int or not all(isinstance(text, str) for text in texts):
        raise ExportFileError(f"line {number}: an entry has sequence, previous_hash, hash and content or content_hash")
    return StoredLink(sequence, *texts)  # type: ignore[arg-type]


def _place(number: int, place: Any) -> Place:
    if isinstance(place, dict) and type(place.get("sequence")) is int and isinstance(place.get("hash"), str):
        return Place(place["sequence"], place["hash"])
    raise ExportFileError(f"line {number}: a header states start and head, each with sequence and hash")
