"""When an unplanned chain could start beside a schedule as it stands: by its relations, and where the asset rests."""

from __future__ import annotations

from datetime import timedelta

from malapert_planner.domain.problem.activities import RelationKind
from malapert_planner.domain.problem.spans import Span, intersection
from malapert_planner.domain.schedule.result import Unplanned
from malapert_planner.solvers.instance.compiled import Chain
from malapert_planner.solvers.parameters import Explanation
from malapert_planner.solvers.state.incumbent import Incumbent


def explain_room(incumbent: Incumbent, chain: Chain) -> Unplanned | None:
    """Return why the schedule leaves no start: what it relates to, or where the asset is; None where there is one."""
    (low, high), related = _allowed(incumbent, chain)
    shortest = sum(block.duration_s for block in chain.blocks)
    windows = {
        place_id: intersection([(a, b + 1) for a, b in starts[0]], [(low, high + 1)] if low <= high else [])
        for place_id, starts in chain.starts.items()
    }
    who = ", ".join(related[: Explanation.IN_THE_WAY_OF_START]) or "what else"
    if not any(windows.values()):
        text = f"beside {who} as planned no time is left in which it could start"
        return Unplanned(
            chain.request_id, chain.repetition_index, "RELATION", text, related[: Explanation.IN_THE_WAY_OF_START]
        )
    stays = _stays(incumbent)
    if any(
        max(a, start) <= min(b - 1, end - shortest)
        for place_id, spans in windows.items()
        for a, b in spans
        for here, (start, end) in stays
        if here == place_id
    ):
        return None
    return _elsewhere(incumbent, chain, windows, shortest, related)


def _allowed(incumbent: Incumbent, chain: Chain) -> tuple[Span, tuple[str, ...]]:
    """Return the first and last start that relations to what is planned allow, and the requests that narrow them."""
    problem, instance = incumbent.instance.problem, incumbent.instance
    shortest = sum(block.duration_s for block in chain.blocks)
    low, high, names = 0, problem.horizon_s - shortest, []

    def planned(request_id: str) -> list[Span]:
        chains = instance.request_chains.get(request_id, ())
        return [incumbent.chains[c.index].span for c in chains if c.index in incumbent.chains]

    for relation in problem.relations:
        if relation.kind is not RelationKind.AFTER:
            continue
        if relation.request_id == chain.request_id and (spans := planned(relation.other_request_id)):
            low = max(low, max(span[1] for span in spans) + relation.min_lag_s)
            if relation.max_lag_s > 0 and chain.repetition_index == 0:
                high = min(high, min(span[1] for span in spans) + relation.max_lag_s)
            names.append(relation.other_request_id)
        if relation.other_request_id == chain.request_id and (spans := planned(relation.request_id)):
            high = min(high, min(span[0] for span in spans) - relation.min_lag_s - shortest)
            names.append(relation.request_id)
    for repetition in problem.repetitions:
        before = [c for c in instance.request_chains.get(chain.request_id, ()) if c.index in incumbent.chains]
        if repetition.request_id == chain.request_id and before:
            start = incumbent.chains[before[-1].index].span[0]
            low = max(low, start + repetition.period_s - repetition.tolerance_s)
            high = min(high, start + repetition.period_s + repetition.tolerance_s)
            names.append(chain.request_id)
    return (low, high), tuple(dict.fromkeys(names))


def _stays(incumbent: Incumbent) -> list[tuple[str, Span]]:
    place, since, stays = incumbent.instance.problem.start_place_id, 0, []
    for drive in incumbent.schedule.drives:
        stays.append((place, (since, drive.span[0])))
        place, since = drive.to_place_id, drive.span[1]
    return [*stays, (place, (since, incumbent.instance.problem.horizon_s))]


def _elsewhere(
    incumbent: Incumbent, chain: Chain, windows: dict[str, tuple[Span, ...]], shortest: int, related: tuple[str, ...]
) -> Unplanned:
    """Name what the asset does elsewhere while the chain could be under way, the most valuable first."""
    instance = incumbent.instance
    spans = [(a, b + shortest) for found in windows.values() for a, b in found]
    busy = {
        other.request_id: other.value
        for index, fixed in incumbent.chains.items()
        if fixed.place_id not in windows and any(fixed.span[0] < b and a < fixed.span[1] for a, b in spans)
        for other in (instance.chains[index],)
    }
    blocking = tuple(sorted(busy, key=lambda name: (-busy[name], name))[: Explanation.IN_THE_WAY_OF_START])
    titles = ", ".join(instance.places[p].title for p in sorted(windows))
    first, last = min(a for a, _ in spans), max(b for _, b in spans)
    after = f", given {', '.join(related[: Explanation.IN_THE_WAY_OF_START])}," if related else ""
    doing = f"; the asset is elsewhere then, among others for {', '.join(blocking)}" if blocking else ""
    text = (
        f"it could be done{after} between {_utc(incumbent, first)} and {_utc(incumbent, last)} at {titles}, "
        f"but the schedule has no stay there that fits{doing}"
    )
    return Unplanned(chain.request_id, chain.repetition_index, "DISPLACED", text, blocking or ("itinerary",))


def _utc(incumbent: Incumbent, time_s: int) -> str:
    return f"{incumbent.instance.problem.start_time + timedelta(seconds=time_s):%Y-%m-%d %H:%M} UTC"
