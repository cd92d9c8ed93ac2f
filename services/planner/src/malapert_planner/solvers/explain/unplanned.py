"""Why a repetition is not in a schedule: static reasons first, then a solve that forces it in with one rule dropped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from malapert_planner.domain.explanation.static import explain_static
from malapert_planner.domain.problem.choices import chosen_among, open_choices
from malapert_planner.domain.problem.contact_windows import AntennaQuota
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import overlap_s
from malapert_planner.domain.schedule.result import Unplanned
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.solvers.bounds.interval_relaxation import earliest_arrivals
from malapert_planner.solvers.construct.downlink_selection import sendable_bit
from malapert_planner.solvers.construct.mode_swaps import easiest
from malapert_planner.solvers.engine import Cancel, Engine
from malapert_planner.solvers.explain.long_silences import unheard
from malapert_planner.solvers.explain.start_windows import explain_room
from malapert_planner.solvers.explain.trials import Trial
from malapert_planner.solvers.instance.compiled import Chain, Instance, compile_problem
from malapert_planner.solvers.model.limits import chain_amounts
from malapert_planner.solvers.model.scope_model import RuleFamily
from malapert_planner.solvers.model.states import clash, disturbing
from malapert_planner.solvers.parameters import Explanation
from malapert_planner.solvers.state.backlog import Due, backlog_of
from malapert_planner.solvers.state.incumbent import Incumbent
from malapert_planner.solvers.state.reservoir_range import reservoir_range

FAMILIES = (
    RuleFamily.LIMIT,
    RuleFamily.RESERVOIR,
    RuleFamily.QUOTA,
    RuleFamily.RHYTHM,
    RuleFamily.BATTERY,
    RuleFamily.STORAGE,
    RuleFamily.LATENCY,
    RuleFamily.CONTACT,
    RuleFamily.RESOURCE,
    RuleFamily.RELATION,
)
_REASONS = {
    RuleFamily.BATTERY: "BATTERY",
    RuleFamily.STORAGE: "STORAGE",
    RuleFamily.LATENCY: "LATENCY",
    RuleFamily.CONTACT: "CONTACT",
    RuleFamily.RESOURCE: "DISPLACED",
    RuleFamily.RELATION: "RELATION",
    RuleFamily.LIMIT: "LIMIT",
    RuleFamily.RESERVOIR: "RESERVOIR",
    RuleFamily.QUOTA: "QUOTA",
    RuleFamily.RHYTHM: "RHYTHM",
}


def explain_unplanned(
    problem: PlanningProblem,
    schedule: Schedule,
    *,
    seed: int = 1,
    work_limit: float = 4.0,
    wall_limit_s: float = 30.0,
    cancel: Cancel | None = None,
) -> tuple[Unplanned, ...]:
    """Explain every repetition that is not in a schedule.

    Parameters
    ----------
    schedule
        A schedule that keeps all rules.
    work_limit
        Deterministic time of the solves in all; what remains after it is explained by where the asset is.
    """
    instance = compile_problem(problem)
    incumbent = Incumbent(instance, schedule)
    engine = Engine(seed, work_limit, wall_limit_s, cancel)
    arrivals = earliest_arrivals(instance)
    planned = frozenset(placed.activity_id for placed in schedule.activities)
    missing = _missing(incumbent, planned)
    return tuple(_explain(incumbent, engine, modes, planned, arrivals) for modes in missing)


def _missing(incumbent: Incumbent, planned: frozenset[str]) -> list[tuple[Chain, ...]]:
    """Return the modes of repetitions that are asked for and not planned: of a choice the best that it still lacks."""
    instance = incumbent.instance
    lacking, choices = open_choices(instance.problem, planned), chosen_among(instance.problem)
    open_modes = [modes for group in instance.repetitions.values() for modes in group]
    open_modes = [modes for modes in open_modes if modes[0].index not in incumbent.satisfied]
    missing = []
    for modes in sorted(open_modes, key=lambda m: (-max(c.value for c in m), m[0].index)):
        choice = next((choices[a.activity_id] for a in modes[0].activities if a.activity_id in choices), None)
        if choice is not None:
            if not lacking[choice.limit_id]:
                continue
            lacking[choice.limit_id] -= 1
        missing.append(modes)
    return sorted(missing, key=lambda m: m[0].index)


def _explain(
    incumbent: Incumbent,
    engine: Engine,
    modes: tuple[Chain, ...],
    planned: frozenset[str],
    arrivals: dict[str, int],
) -> Unplanned:
    """Explain why a repetition is not in a schedule."""
    chain, known = easiest_open(incumbent, modes, planned, arrivals)
    return in_mode(known or blocked_reason(incumbent, chain, _tried(incumbent, engine, chain)), chain, modes)


def easiest_open(
    incumbent: Incumbent, modes: tuple[Chain, ...], planned: frozenset[str], arrivals: dict[str, int]
) -> tuple[Chain, Unplanned | None]:
    """Return the mode that asks for least of those without a plain reason, or of all where each has one, with it."""
    reasons = [(chain, known_reason(incumbent, chain, planned, arrivals)) for chain in easiest(modes)]
    return next(((chain, reason) for chain, reason in reasons if reason is None), reasons[0])


def in_mode(unplanned: Unplanned, chain: Chain, modes: tuple[Chain, ...]) -> Unplanned:
    """Say of which mode an explanation is, where there are others by name, not by their starts alone."""
    names = {mode.activities[0].mode_id.partition("@")[0] for mode in modes}
    if len(names) == 1:
        return unplanned
    name = chain.activities[0].mode_id.partition("@")[0]
    text = f"in mode {name}, which asks for least: {unplanned.explanation}"
    return replace(unplanned, explanation=text)


def known_reason(
    incumbent: Incumbent, chain: Chain, planned: frozenset[str], arrivals: dict[str, int]
) -> Unplanned | None:
    """Return why a chain is not in a schedule, where that is plain without a solve."""
    instance = incumbent.instance
    static = explain_static(instance.problem, chain.activities, planned) or _no_start(instance, chain, arrivals)
    return static or explain_room(incumbent, chain)


def families_of(instance: Instance, chain: Chain) -> tuple[RuleFamily, ...]:
    """Return the families of rules that can be in a chain's way; what a schedule has keeps the others by itself."""
    problem, names = instance.problem, {activity.activity_id for activity in chain.activities}
    limits, reservoirs = problem.limits, problem.reservoirs
    shared = any(use.activity_id in names for resource in problem.cumulative_resources for use in resource.uses)
    related = {name for relation in problem.relations for name in (relation.request_id, relation.other_request_id)}
    related |= {repetition.request_id for repetition in problem.repetitions}
    touched = {
        RuleFamily.LIMIT: any(use.activity_id in names for limit in limits for use in limit.uses),
        RuleFamily.RESERVOIR: any(use.activity_id in names for each in reservoirs for use in each.uses),
        RuleFamily.RESOURCE: shared
        or any(each.resource_ids or each.makes or each.needs_quiet for each in chain.activities),
        RuleFamily.RELATION: chain.request_id in related,
        RuleFamily.LATENCY: bool(instance.limited_ranks),
        RuleFamily.QUOTA: bool(problem.antenna_quotas),
        RuleFamily.RHYTHM: instance.rhythm.most_s > 0,
    }
    return tuple(family for family in FAMILIES if touched.get(family, True))


def _tried(incumbent: Incumbent, engine: Engine, chain: Chain) -> Iterator[tuple[RuleFamily, Incumbent | None]]:
    trial = Trial(incumbent, chain)
    for family in families_of(incumbent.instance, chain):
        if engine.exhausted():
            return
        yield family, trial.forced_in(engine, {family})


def blocked_reason(
    incumbent: Incumbent, chain: Chain, tried: Iterable[tuple[RuleFamily, Incumbent | None]]
) -> Unplanned:
    """Return why a chain is not in a schedule: the first family of rules without which it could be forced in."""
    for family, found in tried:
        if found is not None:
            return _blocked_by(incumbent, chain, family, found)
    return _no_time(incumbent, chain)


def _no_start(instance: Instance, chain: Chain, arrivals: dict[str, int]) -> Unplanned | None:
    """Return the reason where no start suits all steps, or none is left once the place can be reached."""
    if not chain.starts:
        text = "its steps each find a window, but not one after another at one place on the grid"
        return Unplanned(chain.request_id, chain.repetition_index, "NO_WINDOW", text, ("windows",))
    latest = {place_id: blocks[0][-1][1] for place_id, blocks in chain.starts.items()}
    if any(place_id in arrivals and arrivals[place_id] <= latest[place_id] for place_id in latest):
        return None
    parts = [
        f"{instance.places[p].title} first after {arrivals[p] / 3600:.1f} h, last start at {latest[p] / 3600:.1f} h"
        if p in arrivals
        else f"{instance.places[p].title} at no time"
        for p in sorted(latest)
    ]
    text = f"drives can reach {'; '.join(parts)}"
    return Unplanned(chain.request_id, chain.repetition_index, "UNREACHABLE", text, tuple(sorted(latest)))


def _blocked_by(incumbent: Incumbent, chain: Chain, family: RuleFamily, found: Incumbent) -> Unplanned:
    problem = incumbent.instance.problem
    blocking: tuple[str, ...] = (family.value,)
    if family in (RuleFamily.BATTERY, RuleFamily.STORAGE):
        return _beyond(chain, family, found)
    if family is RuleFamily.CONTACT:
        needed = sum(a.duration_s for a in chain.activities if any(c.kind.value == "contact" for c in a.conditions))
        text = f"no contact of {needed / 3600:.1f} h can be chosen for it beside those that the schedule needs"
        if not needed:
            text = "where it could be done, contacts are held that the schedule needs, and it asks for silence"
    elif family is RuleFamily.LATENCY:
        blocking, text = _late(found)
        if not blocking:
            return _untried(chain)
    elif family is RuleFamily.LIMIT:
        blocking, text = _used_up(found, chain)
        if not blocking:
            return _untried(chain)
    elif family is RuleFamily.RESERVOIR:
        blocking, text = _overdrawn(found)
        if not blocking:
            return _untried(chain)
    elif family in (RuleFamily.QUOTA, RuleFamily.RHYTHM):
        blocking, text = _overbooked(found) if family is RuleFamily.QUOTA else unheard(found)
        if not blocking:
            return _untried(chain)
    elif family is RuleFamily.RESOURCE:
        blocking = tuple(sorted(displaced(found, chain))[: Explanation.IN_THE_WAY])
        text = (
            f"its place in the schedule is taken by {', '.join(blocking) or 'drives'}, {_why_displaced(found, chain)}"
        )
    else:
        blocking = tuple(
            sorted(
                {r.other_request_id for r in problem.relations if r.request_id == chain.request_id}
                | {r.request_id for r in problem.relations if r.other_request_id == chain.request_id}
            )
        )
        others = ", ".join(blocking) or "its repetitions"
        text = f"there is room, but not in the order and at the distance asked from {others}"
    return Unplanned(chain.request_id, chain.repetition_index, _REASONS[family], text, blocking)


def _beyond(chain: Chain, family: RuleFamily, found: Incumbent) -> Unplanned:
    """Say by how much charge or storage would leave their limits with the chain where it was forced in."""
    battery, storage = found.instance.problem.battery, found.instance.problem.storage
    if family is RuleFamily.BATTERY:
        amount = max(battery.floor_wh - float(found.charge_wh.min()), battery.end_wh - float(found.charge_wh[-1]))
        text = (
            f"beside what is planned the charge would fall {amount:.0f} Wh below its floor of {battery.floor_wh:g} Wh"
        )
        if float(found.charge_wh.min()) >= battery.floor_wh:
            text = (
                f"beside what is planned the charge at the end would be {amount:.0f} Wh short of {battery.end_wh:g} Wh"
            )
    else:
        stored = found.stored_bit
        amount = max(float(stored.max()) - storage.capacity_bit, float(stored[-1]) - storage.end_max_bit) / 8e6
        text = f"the storage would have to hold {amount:.0f} MB more, or more be sent before"
    if amount >= 0.5:
        return Unplanned(chain.request_id, chain.repetition_index, _REASONS[family], text, (family.value,))
    if family is RuleFamily.BATTERY and not found.keeps_limits():
        text = "beside what is planned the charge would be too low where an activity asks for more at its start"
        return Unplanned(chain.request_id, chain.repetition_index, "BATTERY", text, (family.value,))
    # The coarse cells of the search were in the way, not the rule.
    return _untried(chain)


def _untried(chain: Chain) -> Unplanned:
    text = "it would fit where the drives leave room; the search ended before it was tried there"
    return Unplanned(chain.request_id, chain.repetition_index, "TIME", text, ("work_limit",))


def _used_up(found: Incumbent, chain: Chain) -> tuple[tuple[str, ...], str]:
    """Return what the schedule with the chain would take too much of, and by how much."""
    planned = {placed.activity_id for placed in found.schedule.activities}
    beyond, texts = [], []
    for limit in found.instance.problem.limits:
        taken = sum(use.amount for use in limit.uses if use.activity_id in planned)
        if taken > limit.capacity and chain.index in chain_amounts(found.instance, limit):
            beyond.append(limit.limit_id)
            texts.append(
                f"{limit.title}: {taken:g} of {limit.capacity:g} {limit.unit} would be taken".replace(" 1 ", " ")
            )
    return tuple(beyond), "; ".join(texts)


def _overdrawn(found: Incumbent) -> tuple[tuple[str, ...], str]:
    """Return the reservoirs that the schedule with the chain would empty or overfill, and by how much."""
    beyond, texts = [], []
    for reservoir in found.instance.problem.reservoirs:
        lowest, highest = reservoir_range(reservoir, found.schedule.activities)
        unit = "" if reservoir.unit == "1" else f" {reservoir.unit}"
        missing, excess = -lowest, highest - reservoir.capacity
        if missing > 0:
            texts.append(f"{reservoir.title} would be {missing:g}{unit} short")
        if excess > 0:
            texts.append(f"{reservoir.title} has no room for {excess:g}{unit}")
        if missing > 0 or excess > 0:
            beyond.append(reservoir.resource_id)
    return tuple(beyond), "; ".join(texts)


def overbooked(found: Incumbent) -> list[tuple[AntennaQuota, int]]:
    """Return the quotas of antenna time that a schedule's contacts take too much of, with how much in seconds."""
    quotas = found.instance.quotas
    left_s = quotas.left_s(found.schedule.contacts)
    return [(quota, -left) for quota, left in zip(quotas.quotas, left_s, strict=True) if left < 0]


def _overbooked(found: Incumbent) -> tuple[tuple[str, ...], str]:
    """Name the quotas that the schedule with the chain would take too much of, and by how much.

    What is left of them in all is between the two agencies, and not told to whoever asked for the chain.
    """
    beyond = overbooked(found)
    texts = [
        f"the quota of antenna hours of {quota.title or quota.quota_id} is used up: "
        f"{beyond_s / 3600:.2f} h more would be taken than is left"
        for quota, beyond_s in beyond
    ]
    return tuple(quota.quota_id for quota, _ in beyond)[: Explanation.IN_THE_WAY], "; ".join(
        texts[: Explanation.IN_THE_WAY]
    )


def late_products(found: Incumbent) -> list[tuple[Due, int | None]]:
    """Return the products that a schedule sends too late, and how much so in seconds if every contact were chosen.

    None where they are not sent before the end; not above zero where some choice of contacts would be in time.
    """
    best_bit = sendable_bit(found)
    late = []
    for backlog in found.backlogs:
        best = backlog_of(found.instance, backlog.rank, found.schedule.activities, best_bit, found.first)
        for due in backlog.late():
            sent_s = best.sent_s(due)
            late.append((due, None if sent_s is None else sent_s - due.due_s))
    return late


def _late(found: Incumbent) -> tuple[tuple[str, ...], str]:
    """Name the products that the schedule with the chain would send too late, and say by how much."""
    late, texts = late_products(found), []
    for due, late_s in late[: Explanation.IN_THE_WAY]:
        when = "could not be sent in time beside all else"
        if late_s is None:
            when = "could not be sent before the end of the plan"
        elif late_s > 0:
            when = f"would reach the ground {late_s / 3600:.1f} h too late at the earliest"
        texts.append(f"{due.product_id} of {due.activity_id} {when}")
    return tuple(dict.fromkeys(due.product_id for due, _ in late))[: Explanation.IN_THE_WAY], "; ".join(texts)


def displaced(found: Incumbent, chain: Chain) -> set[str]:
    """Return the requests whose activities overlap the chain's on a resource, disturb it, or are disturbed by it."""
    activities = found.instance.activities
    own = {a.activity_id for a in chain.activities}
    taken = _taken_by_activity(found.instance.problem)
    mine = [p for p in found.schedule.activities if p.activity_id in own]
    return {
        activities[p.activity_id].request_id
        for p in found.schedule.activities
        for m in mine
        if p.activity_id not in own
        and overlap_s(p.span, m.span)
        and (taken[p.activity_id] & taken[m.activity_id] or clash(activities[p.activity_id], activities[m.activity_id]))
    }


def _why_displaced(found: Incumbent, chain: Chain) -> str:
    """Say on what a chain meets what displaces it: disturbances by name, or resources."""
    activities = found.instance.activities
    mine = [p for p in found.schedule.activities if p.activity_id in {a.activity_id for a in chain.activities}]
    heard = {
        name
        for p in found.schedule.activities
        for m in mine
        if overlap_s(p.span, m.span)
        for name in disturbing(activities[p.activity_id], activities[m.activity_id])
    }
    if not heard:
        return "on the same resources"
    names = " and ".join(sorted(heard)).replace("_", " ")
    return f"where one makes {names} and the other needs quiet of it"


def _taken_by_activity(problem: PlanningProblem) -> dict[str, set[str]]:
    """Return the unary and cumulative resources that each activity takes."""
    taken = {activity.activity_id: set(activity.resource_ids) for activity in problem.activities}
    for resource in problem.cumulative_resources:
        for use in resource.uses:
            taken[use.activity_id].add(resource.resource_id)
    return taken


def _no_time(incumbent: Incumbent, chain: Chain) -> Unplanned:
    """Say that no single rule was found to be in the way."""
    titles = ", ".join(incumbent.instance.places[p].title for p in sorted(chain.starts))
    text = f"beside what is planned it did not fit at {titles}; no single rule was found that alone is in the way"
    return Unplanned(chain.request_id, chain.repetition_index, "TIME", text, ("itinerary",))
