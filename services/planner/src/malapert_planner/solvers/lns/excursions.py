"""Scopes with few places: what one place offers in a span of time, with the way there and back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from malapert_planner.domain.problem.conditions import ConditionKind
from malapert_planner.domain.problem.spans import Span, intersection, union
from malapert_planner.solvers.instance.compiled import Chain, Instance
from malapert_planner.solvers.instance.scope import Scope
from malapert_planner.solvers.lns.neighbourhoods import cell_width_s, related, unplanned
from malapert_planner.solvers.parameters import Models
from malapert_planner.solvers.state.incumbent import Incumbent


@dataclass(frozen=True, slots=True)
class Excursion:
    """A place to visit in a span, and the unplanned chains that could start there then."""

    place_id: str
    span: Span
    chains: frozenset[int]
    value: float


def excursions(incumbent: Incumbent, only: frozenset[int] | None = None) -> list[Excursion]:
    """Return what could be visited when, the most valuable first; places that are visited then anyway count as well."""
    horizon_s = incumbent.instance.problem.horizon_s
    missing = [chain for chain in unplanned(incumbent) if only is None or chain.index in only]
    found = []
    for length_s in sorted({min(length_s, horizon_s) for length_s in Models.EXCURSION_S}):
        for start_s in range(0, max(1, horizon_s - length_s // 2), length_s // 2):
            span = incumbent.quiet((start_s, min(start_s + length_s, horizon_s)))
            here = visited(incumbent, span)
            for place_id in incumbent.instance.places:
                chains = [c for c in missing if _may_start(c, place_id, span)]
                if chains and (place_id in here or _reachable(incumbent.instance, here, place_id, span)):
                    value = sum(1e6 if c.mandatory else c.value for c in chains)
                    found.append(Excursion(place_id, span, frozenset(c.index for c in chains), value))
    return sorted(found, key=lambda e: (-e.value, e.span, e.place_id))


def insertion(incumbent: Incumbent, excursion: Excursion) -> Scope:
    """Return the scope that inserts chains and lets what is planned stay, but for what is related to them.

    Open are only the chains' place and those that are visited then anyway.
    """
    instance, span = incumbent.instance, excursion.span
    places = visited(incumbent, span) | {excursion.place_id}
    width = cell_width_s(instance.problem.resolution_s, span[1] - span[0], Models.EXCURSION_CELLS)
    return incumbent.scope(
        span,
        width_s=width,
        step_s=width,
        chain_step_s=width,
        free=excursion.chains | related(instance, excursion.chains),
        keep_all=True,
        place_ids=frozenset(places),
        station_ids=_stations(incumbent, excursion, places),
    )


def visited(incumbent: Incumbent, span: Span) -> set[str]:
    """Return the places at which the asset is during a span."""
    arrived = {d.to_place_id for d in incumbent.schedule.drives if span[0] <= d.span[0] and d.span[1] <= span[1]}
    return arrived | {incumbent.place_at(span[0])}


def _may_start(chain: Chain, place_id: str, span: Span) -> bool:
    last = span[1] - sum(block.duration_s for block in chain.blocks)
    return any(low <= last and high >= span[0] for low, high in chain.starts.get(place_id, ((),))[0])


def _reachable(instance: Instance, here: set[str], place_id: str, span: Span) -> bool:
    return any(
        drive.to_place_id == place_id
        and drive.from_place_id in here
        and any(low < span[1] - drive.duration_s and high >= span[0] for low, high in spans)
        for drive, spans in zip(instance.drives, instance.drive_starts, strict=True)
    )


def _stations(incumbent: Incumbent, excursion: Excursion, places: set[str]) -> frozenset[str]:
    """Return the stations in use, those that chains name, the fastest, and those that together see most of the span."""
    instance, span = incumbent.instance, excursion.span
    chosen = {c.station_id for c in incumbent.schedule.contacts if c.span[0] < span[1] and c.span[1] > span[0]}
    released = [c for c in instance.chains if c.index in excursion.chains or c.index in incumbent.chains]
    for chain in released:
        for activity in chain.activities:
            chosen.update(s for c in activity.conditions if c.kind is ConditionKind.CONTACT for s in c.station_ids)
    seen, sent = {}, {}
    for station, windows in instance.station_windows.items():
        spans = [union(w.span for w in windows if w.place_id == place_id) for place_id in sorted(places)]
        both: tuple[Span, ...] = (span,)
        for other in spans:
            both = intersection(both, other)
        seen[station] = both
        sent[station] = max((r for w in windows if _meets(w.span, span) for r in w.rate.rate_bps), default=0.0)
    if sent:
        chosen.add(max(sorted(sent), key=lambda s: (sent[s] * _length(seen[s]), sent[s])))
    covered = union(w for s in chosen if s in seen for w in seen[s])
    for _ in range(Models.EXCURSION_STATIONS):
        best = max(sorted(seen), key=lambda s: _length(union([*covered, *seen[s]])), default=None)
        if best is None or _length(union([*covered, *seen[best]])) == _length(covered):
            break
        chosen.add(best)
        covered = union([*covered, *seen[best]])
    return frozenset(chosen)


def _meets(span: Span, other: Span) -> bool:
    return span[0] < other[1] and span[1] > other[0]


def _length(spans: Iterable[Span]) -> int:
    return sum(end - start for start, end in spans)
