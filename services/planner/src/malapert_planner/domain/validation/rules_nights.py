"""Rules of nights: at a haven while the Earth is away, and never too long in the dark."""

from __future__ import annotations

from collections.abc import Iterator

from malapert_planner.domain.problem.conditions import ConditionKind
from malapert_planner.domain.problem.spans import Span, intersection
from malapert_planner.domain.simulation.coverage import merged, overlap_s, uncovered
from malapert_planner.domain.simulation.timeline import Case, Stay
from malapert_planner.domain.validation.rules import Findings, Rule


def check_nights(case: Case, findings: Findings) -> None:
    """Check where the asset is while the Earth is away, and how long it is in the dark."""
    rule = case.problem.night_rule
    if rule is None or case.problem.is_placeless:
        return
    for stay, place_id, night in away_from_havens(case):
        shared = (max(stay.span[0], night[0]), min(stay.span[1], night[1]))
        where = f"on the way from or to {place_id}" if stay.driving else f"at {place_id}"
        hours = (night[1] - night[0]) / 3600
        message = (
            f"the asset is {where}, no haven, while the Earth is out of view there for {hours:.1f} h; "
            f"{rule.max_without_earth_s / 3600:g} h are allowed"
        )
        amount_s = overlap_s(stay.span, night)
        findings.check(Rule.EARTH_NIGHT, amount_s, (case.problem.asset_id, place_id), shared, message)
    for spell in dark_spells(case):
        length_s, allowed_s = spell[1] - spell[0], rule.max_dark_s
        message = f"the asset is in the dark for {length_s / 3600:.1f} h; {allowed_s / 3600:g} h are allowed"
        span = (min(spell[0] + allowed_s, spell[1]), spell[1])
        findings.check(Rule.DARK_STAY, length_s - allowed_s, (case.problem.asset_id,), span, message)


def away_from_havens(case: Case) -> Iterator[tuple[Stay, str, Span]]:
    """Yield each stay from now on, place that is no haven, and night of the Earth there that is too long."""
    rule, now_s, horizon_s = case.problem.night_rule, case.problem.now_s, case.problem.horizon_s
    if rule is None or rule.max_without_earth_s <= 0:
        return
    nights: dict[str, tuple[Span, ...]] = {}
    for place_id, place in case.place_by_id.items():
        if place_id not in rule.haven_place_ids:
            seen = merged(place.windows.get(ConditionKind.EARTH_VISIBILITY, ()))
            away = uncovered((now_s, horizon_s), seen)
            nights[place_id] = tuple(span for span in away if span[1] - span[0] > rule.max_without_earth_s)
    for stay in case.timeline:
        for place_id in stay.place_ids if stay.span[1] > now_s else ():
            yield from ((stay, place_id, night) for night in nights.get(place_id, ()))


def dark_spells(case: Case) -> Iterator[Span]:
    """Yield the spans from now on without any of the Sun where the asset is; none where any of them may be as long."""
    rule, problem = case.problem.night_rule, case.problem
    if rule is None or rule.max_dark_s <= 0:
        return
    lit: list[Span] = []
    for stay in case.timeline:
        spans: tuple[Span, ...] = (stay.span,)
        for place_id in stay.place_ids:
            place = case.place_by_id.get(place_id)
            windows = merged(place.windows.get(ConditionKind.ILLUMINATION, ())) if place else ()
            spans = intersection(spans, windows)
        lit += spans
    yield from uncovered((problem.now_s, problem.horizon_s), merged(lit))
