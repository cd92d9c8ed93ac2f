"""Verification of an audit chain: what was altered, removed, exchanged or inserted, by its place."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from malapert_core.audit.chain import FIRST_PREVIOUS_HASH, link_hash

MOST_FINDINGS = 100
_MOST_SUSPECTS = 300
_NEAR = 10


class Break(StrEnum):
    """Way in which a chain is broken."""

    ALTERED = "ALTERED"
    REMOVED = "REMOVED"
    SWAPPED = "SWAPPED"
    INSERTED = "INSERTED"
    REWRITTEN = "REWRITTEN"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A break of a chain: the entry where it is, and what it is in a sentence."""

    sequence: int
    kind: Break
    message: str


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a chain: the number of an entry and its hash. An anchor is a place that was published."""

    sequence: int
    hash: str


FIRST_PLACE = Place(0, FIRST_PREVIOUS_HASH)


class StoredLink(NamedTuple):
    """A link as it is stored or exported: its numbers and hashes, and the hash worked out from its content."""

    sequence: int
    previous_hash: str
    hash: str
    content_hash: str

    def fits_at(self, sequence: int) -> bool:
        """Tell whether the link's own hash is that of its content at a place."""
        return link_hash(sequence, self.previous_hash, self.content_hash) == self.hash


@dataclass(frozen=True, slots=True)
class ChainReport:
    """Outcome of a verification: how many entries there were, the last of them, and the first hundred breaks."""

    entries: int
    head: Place
    findings: tuple[Finding, ...]
    more_findings: int = 0

    @property
    def holds(self) -> bool:
        """True where nothing was found."""
        return not self.findings


class ChainCheck:
    """Check of one chain, which is given its links in the order of their numbers.

    Parameters
    ----------
    start : Place
        The place after which the links begin: `FIRST_PLACE`, or a checkpoint.
    anchors : iterable of Place
        Places that were published, which the chain must still pass through.
    """

    def __init__(self, start: Place = FIRST_PLACE, anchors: Iterable[Place] = ()) -> None:
        self._start = start
        self._sequence, self._hash = start.sequence, start.hash
        self._anchors = {anchor.sequence: anchor.hash for anchor in anchors}
        self._entries = 0
        self._suspects: list[StoredLink] = []
        self._more = 0
        self._findings: list[Finding] = []
        self._absent: list[tuple[int, int]] = []
        self._late: set[int] = set()

    def take(self, link: StoredLink) -> None:
        """Check the next link against the one before it."""
        sequence = link.sequence
        self._entries += 1
        if sequence <= self._sequence:
            self._out_of_order(sequence)
            return
        follows = sequence == self._sequence + 1
        if not follows:
            self._absent.append((self._sequence + 1, sequence - 1))
        if (follows and link.previous_hash != self._hash) or not link.fits_at(sequence):
            self._suspect(link)
        if self._anchors.get(sequence, link.hash) != link.hash:
            message = f"entry {sequence} is not the one that was anchored: the chain was made anew up to it or before"
            self._found(sequence, Break.REWRITTEN, message)
        self._sequence, self._hash = sequence, link.hash

    def end(self, head: Place | None = None) -> ChainReport:
        """Return what was found, having compared the end with the recorded head and the newest anchors."""
        self._name_suspects()
        for first, last_absent in self._absent:
            if not self._late.issuperset(range(first, min(last_absent, first + len(self._late)) + 1)):
                self._missing(first, last_absent)
        last = Place(self._sequence, self._hash)
        newest = max([head.sequence if head else 0, *self._anchors])
        if newest > last.sequence:
            self._missing(last.sequence + 1, newest)
        elif head is not None and head.sequence < last.sequence:
            self._inserted_after(head.sequence, last.sequence)
        elif head is not None and head != last:
            self._found(last.sequence, Break.REWRITTEN, f"entry {last.sequence} is not the recorded head of the chain")
        found = sorted(self._findings)
        more = self._more + max(0, len(found) - MOST_FINDINGS)
        return ChainReport(self._entries, last, tuple(found[:MOST_FINDINGS]), more)

    def _found(self, sequence: int, kind: Break, message: str) -> None:
        if len(self._findings) < 10 * MOST_FINDINGS:
            self._findings.append(Finding(sequence, kind, message))
        else:
            self._more += 1

    def _out_of_order(self, sequence: int) -> None:
        if any(first <= sequence <= last for first, last in self._absent) and sequence not in self._late:
            self._late.add(sequence)
            self._found(sequence, Break.SWAPPED, f"entry {sequence} stands after entry {self._sequence}")
        else:
            where = "before the beginning of the chain" if sequence <= self._start.sequence else "twice"
            self._found(sequence, Break.INSERTED, f"entry {sequence} stands {where}")

    def _missing(self, first: int, last: int) -> None:
        which = f"entry {first} was" if first == last else f"entries {first} to {last} were"
        self._found(first, Break.REMOVED, f"{which} removed")

    def _inserted_after(self, head: int, last: int) -> None:
        which = f"entry {last} was" if last == head + 1 else f"entries {head + 1} to {last} were"
        self._found(head + 1, Break.INSERTED, f"{which} inserted after the recorded head of the chain, entry {head}")

    def _suspect(self, link: StoredLink) -> None:
        if len(self._suspects) < _MOST_SUSPECTS:
            self._suspects.append(link)
        else:
            self._more += 1

    def _name_suspects(self) -> None:
        """Tell apart what happened to the links that do not fit: where else each would fit says what was moved."""
        own = {link.sequence: link for link in self._suspects if not link.fits_at(link.sequence)}
        places = {sequence: _true_place(link, own) for sequence, link in own.items()}
        places = {sequence: None if _is_copy(sequence, places) else place for sequence, place in places.items()}
        shift = 0
        for link in self._suspects:
            sequence, place = link.sequence, places.get(link.sequence)
            if sequence not in own:
                if sequence - 1 not in own:
                    self._found(sequence - 1, Break.ALTERED, _anew(sequence))
            elif place is None:
                # Before links that were shifted, it may be what shifted them.
                if (places.get(sequence + 1) or 0) != sequence:
                    self._found(sequence, Break.ALTERED, f"entry {sequence} was altered")
            elif places.get(place) == sequence:
                if place > sequence:
                    message = f"entries {sequence} and {place} were exchanged"
                    self._found(sequence, Break.SWAPPED, message)
            elif sequence - place != shift:
                self._shifted(sequence, sequence - place - shift)
                shift = sequence - place

    def _shifted(self, sequence: int, by: int) -> None:
        if by > 0:
            which = f"entry {sequence - 1} was" if by == 1 else f"entries {sequence - by} to {sequence - 1} were"
            self._found(sequence - by, Break.INSERTED, f"{which} inserted and what follows renumbered")
        else:
            which = "one entry was" if by == -1 else f"{-by} entries were"
            self._found(sequence, Break.REMOVED, f"{which} removed at {sequence} and what follows renumbered")


def _anew(sequence: int) -> str:
    return f"entry {sequence - 1} was altered and hashed anew: entry {sequence} follows another one"


def _true_place(link: StoredLink, others: dict[int, StoredLink]) -> int | None:
    near = range(max(1, link.sequence - _NEAR), link.sequence + _NEAR + 1)
    return next((place for place in (*near, *others) if link.fits_at(place)), None)


def _is_copy(sequence: int, places: dict[int, int | None]) -> bool:
    """Tell whether a link that would fit elsewhere was neither exchanged nor renumbered with those behind it."""
    place, next_place = places[sequence], places.get(sequence + 1)
    if place is None or next_place is None or places.get(place) == sequence:
        return False
    return next_place - place != 1 and places.get(next_place) != sequence + 1
