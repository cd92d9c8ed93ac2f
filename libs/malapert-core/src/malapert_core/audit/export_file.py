"""Verification of exported audit chains, offline: a file of JSON lines as `AuditReader.export` writes them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from malapert_core.audit.chain import CONTENT_FIELDS, hash_of_content
from malapert_core.audit.reading import EXPORT_FORM
from malapert_core.audit.verification import Break, ChainCheck, ChainReport, Finding, Place, StoredLink

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
    chains: list[ExportedChain] = []
    number_of_chain = 0

    def chain_of(line: tuple[int, dict[str, Any]]) -> int:
        nonlocal number_of_chain
        number_of_chain += "form" in line[1]
        return number_of_chain

    for number, group in groupby(_parsed(lines), chain_of):
        first, header = next(group)
        if number == 0:
            raise ExportFileError(f"line {first}: an export begins with its header, whose form is {EXPORT_FORM!r}")
        chains.append(_verified(first, header, group, known))
    if not chains:
        raise ExportFileError("there is no line in it")
    return chains


def _verified(
    first: int,
    header: dict[str, Any],
    lines: Iterator[tuple[int, dict[str, Any]]],
    anchors: Mapping[str, Iterable[Place]],
) -> ExportedChain:
    if header["form"] != EXPORT_FORM:
        raise ExportFileError(f"line {first}: the form is {header['form']!r:.80}; {EXPORT_FORM!r} is read")
    service = str(header.get("service", ""))
    start, head = (_place(first, header.get(name)) for name in ("start", "head"))
    check = ChainCheck(start, [anchor for anchor in anchors.get(service, ()) if start.sequence < anchor.sequence])
    shown, foreign = 0, []
    for number, line in lines:
        content = line.get("content")
        check.take(_stored(number, line, content))
        shown += content is not None
        if content is not None and content["service"] != service:
            foreign.append(int(line["sequence"]))
    report = check.end(head)
    found = [Finding(at, Break.INSERTED, f"entry {at} is not of the service {service}") for at in foreign[:100]]
    findings = tuple(sorted((*report.findings, *found)))
    return ExportedChain(service, shown, ChainReport(report.entries, report.head, findings, report.more_findings))


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
