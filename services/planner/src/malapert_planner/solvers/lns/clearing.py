"""Clearing a span of a schedule: chains leave with what needs them, then contacts and drives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from malapert_planner.domain.problem.spans import Span
from malapert_planner.solvers.state.working import WorkingSchedule


@dataclass(frozen=True, slots=True)
class Cleared:
    """A span that nothing reaches into; the asset is at its origin before, at its target after (None: anywhere)."""

    span: Span
    origin_id: str
    target_id: str | None


def remove(working: WorkingSchedule, indices: Iterable[int]) -> set[int]:
    """Take chains away with those that cannot stay without them; return all that left."""
    leaving: set[int] = set()
    for index in indices:
        leaving |= working.requests.leaving_with(working.tables.instance.chains[index])
    leaving &= working.chains.keys()
    working.remove_all(sorted(leaving))
    return leaving


def clear(working: WorkingSchedule, span: Span) -> Cleared | None:
    """Empty the part of a span that nothing reaches into; None where that is less than a cell."""
    cell_s = working.bounds.cell_s
    low, high = span
    spans = [c.span for c in working.chains.values()] + [d.span for d in working.drives]
    spans += [c.span for c in working.contacts]
    low = _settled(low, [s for s in spans if s[0] < span[1]], last=False, cell_s=cell_s)
    high = _settled(high, [s for s in spans if s[1] > span[0]], last=True, cell_s=cell_s)
    if high - low < cell_s:
        return None
    remove(working, [i for i, c in working.chains.items() if low <= c.span[0] and c.span[1] <= high])
    for contact in list(working.contacts):
        if low <= contact.span[0] and contact.span[1] <= high:
            working.remove_contact(contact)
    origin_id, target_id = working.tables.problem.start_place_id, None
    for drive in working.drives:
        if drive.span[1] <= low:
            origin_id = drive.to_place_id
        elif drive.span[0] >= high:
            target_id = drive.from_place_id
            break
    inside = [d for d in working.drives if low <= d.span[0] and d.span[1] <= high]
    if target_id is None and any(s[1] > high for s in spans):
        # What comes later stands where the last of these drives leads.
        target_id = inside[-1].to_place_id if inside else origin_id
    working.set_drives((low, high), inside, [])
    return Cleared((low, high), origin_id, target_id)


def _settled(edge_s: int, spans: list[Span], *, last: bool, cell_s: int) -> int:
    """Return an edge moved inwards until it cuts none of some spans."""
    while True:
        cut = [span for span in spans if span[0] < edge_s < span[1]]
        if not cut:
            return edge_s
        edge_s = min(s[0] for s in cut) // cell_s * cell_s if last else -(-max(s[1] for s in cut) // cell_s) * cell_s
