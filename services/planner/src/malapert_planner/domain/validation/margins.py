"""Margins of a schedule: how far it is from breaking a rule where it is nearest to it."""

from __future__ import annotations

from collections.abc import Iterator

from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.simulation.coverage import merged
from malapert_planner.domain.simulation.propagation import BatteryTrace, StorageTrace
from malapert_planner.domain.simulation.timeline import Case, contact_label, drive_label
from malapert_planner.domain.validation.report import Delivery, Margin
from malapert_planner.domain.validation.rules import Rule
from malapert_planner.domain.validation.rules_contacts import hand_overs, rate_steps
from malapert_planner.domain.validation.rules_nights import away_from_havens, dark_spells
from malapert_planner.domain.validation.rules_rhythm import silences
from malapert_planner.domain.validation.rules_way import NEEDS, needed


def margins(
    case: Case, battery: BatteryTrace, storage: StorageTrace, delivered: tuple[Delivery, ...]
) -> tuple[Margin, ...]:
    """Return the least margin of each rule that has one, negative where it is broken, from what is no history."""
    found = [
        *_ways(case),
        *_links(case),
        *_hand_overs(case),
        *_rhythm(case),
        *_nights(case),
        *_levels(case, battery, storage),
        *_latency(delivered),
    ]
    least: dict[str, Margin] = {}
    for margin in found:
        if margin.rule_id not in least or margin.amount < least[margin.rule_id].amount:
            least[margin.rule_id] = margin
    return tuple(least.values())


def _ways(case: Case) -> Iterator[Margin]:
    """Yield, for each drive, how far it is from the nearest edge of what it needs at the points of its way."""
    now_s, horizon_s = case.problem.now_s, case.problem.horizon_s
    for drive, placed in case.drives:
        if placed.span[0] < now_s:
            continue
        for kind in needed(drive, case.problem.drive_rule):
            for number, passage in enumerate(drive.passages, start=1):
                point = case.point_by_id.get(passage.point_id)
                windows = merged(point.windows.get(kind, ())) if point is not None else ()
                passing = (placed.span[0] + passage.from_s, placed.span[0] + passage.until_s)
                slack_s = _slack_s(passing, windows, horizon_s)
                if slack_s is not None:
                    text = (
                        f"{NEEDS.get(kind, kind)} at point {number} of {len(drive.passages)} of {drive_label(placed)}"
                    )
                    yield Margin(Rule.DRIVE_WAY.value, (drive_label(placed), passage.point_id), slack_s, "s", text)


def _slack_s(span: Span, windows: tuple[Span, ...], horizon_s: int) -> float | None:
    """Return by how much a span could be shifted within its window; None where only the horizon bounds it."""
    for start_s, end_s in windows:
        if start_s <= span[0] and span[1] <= end_s:
            edges = [span[0] - start_s] if start_s > 0 else []
            edges += [end_s - span[1]] if end_s < horizon_s else []
            return float(min(edges)) if edges else None
    return -float(span[1] - span[0])


def _links(case: Case) -> Iterator[Margin]:
    """Yield how far the rate of each contact is above the least at which its link closes."""
    for contact in case.contacts:
        if contact.span[0] < case.problem.now_s:
            continue
        for _, rate_bps, least_bps in rate_steps(case, contact):
            if least_bps > 0:
                text = f"least rate of {contact_label(contact)} above {least_bps:g} bit/s"
                yield Margin(Rule.CONTACT_RATE.value, (contact_label(contact),), rate_bps - least_bps, "bit/s", text)


def _hand_overs(case: Case) -> Iterator[Margin]:
    for before, after in hand_overs(case):
        left_s = float(after.span[0] - before.span[1] - case.problem.hand_over_s)
        names = (contact_label(before), contact_label(after))
        yield Margin(Rule.CONTACT_HAND_OVER.value, names, left_s, "s", f"time beyond the hand-over to {names[1]}")


def _rhythm(case: Case) -> Iterator[Margin]:
    for silence in silences(case):
        left_s = float(case.problem.max_silence_s - silence.counted_s)
        yield Margin(Rule.CONTACT_RHYTHM.value, (case.problem.asset_id,), left_s, "s", "least time left for a contact")


def _nights(case: Case) -> Iterator[Margin]:
    """Yield how long before the Earth sets each place is left, or after it rises reached, and what is left of dark."""
    for stay, place_id, night in away_from_havens(case):
        left_s = float(max(night[0] - stay.span[1], stay.span[0] - night[1]))
        yield Margin(Rule.EARTH_NIGHT.value, (place_id,), left_s, "s", f"time between {place_id} and its Earth's night")
    rule = case.problem.night_rule
    for start_s, end_s in dark_spells(case) if rule else ():
        left_s = float((rule.max_dark_s if rule else 0) - (end_s - start_s))
        yield Margin(Rule.DARK_STAY.value, (case.problem.asset_id,), left_s, "s", "least time left in the dark")


def _levels(case: Case, battery: BatteryTrace, storage: StorageTrace) -> Iterator[Margin]:
    problem = case.problem
    if problem.is_placeless:
        return
    held, now_s = problem.battery, problem.now_s
    accounted = battery.time_s >= now_s
    left_wh = float(battery.charge_wh[accounted].min()) - held.floor_wh
    yield Margin(Rule.BATTERY_FLOOR.value, ("battery",), left_wh, "Wh", "least charge above the floor")
    if held.end_wh > 0:
        end_wh = float(battery.charge_wh[-1]) - held.end_wh
        yield Margin(Rule.BATTERY_END.value, ("battery",), end_wh, "Wh", "charge at the end above what is asked")
    room_bit = problem.storage.capacity_bit - float(storage.stored_bit[storage.time_s >= now_s].max())
    yield Margin(Rule.STORAGE_CAPACITY.value, ("storage",), room_bit, "bit", "least room in the storage")


def _latency(delivered: tuple[Delivery, ...]) -> Iterator[Margin]:
    for each in delivered:
        if each.limit_s > 0 and each.sent_s is not None:
            left_s = each.made_s + each.limit_s - each.sent_s
            # Whose product it is not everybody may know who sees the plan.
            yield Margin(Rule.PRODUCT_LATENCY.value, (), left_s, "s", "least time left before a product is late")
