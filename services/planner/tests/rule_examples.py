"""Every rule: a schedule made by hand that breaks only it, with amount and span, and its mended twin that keeps it."""

from __future__ import annotations

from dataclasses import replace

from hand_made_schedules import at, contact, drive, plan
from level_examples import LEVELS
from malapert_planner.domain.problem.activities import Relation, RelationKind, Repetition
from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.contact_windows import AntennaQuota, ClosedSpan, ClosureKind, RateSeries
from malapert_planner.domain.problem.holds import Disabled, Holds, Lock
from malapert_planner.domain.problem.nights import NightRule
from malapert_planner.domain.problem.places import DriveRule
from malapert_planner.domain.problem.problem import Baseline, PlanningProblem
from malapert_planner.domain.problem.resources import (
    CumulativeResource,
    Limit,
    LimitUse,
    Reservoir,
    ReservoirUse,
)
from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.validation.rules import Rule
from problem_factory import HORIZON_S, make_activity, make_chain, make_drive, make_place, make_problem, make_window
from rule_example import Example
from way_problems import LIGHT, one_way

ONE = make_problem(activities=(make_activity("a"),))
TWO = make_problem(activities=(make_activity("a"), make_activity("b")))
LOCKED = replace(ONE, holds=Holds(locks=(Lock("a", "base", (600, 4200)),)))
DISABLED = replace(TWO, holds=Holds(disabled=(Disabled("a", 0),)))
RADIO = make_problem(contact_windows=(make_window("w"), make_window("v", "belrose")))
FADING = make_problem(contact_windows=(make_window(rate=RateSeries((0, 7200), (900.0, 100.0)), least_rate_bps=500.0),))
# From 7200 to 10,200 s no station sees the asset: that is no silence.
SPOKEN = make_problem(
    max_silence_s=6600, contact_windows=(make_window("w", span=(0, 7200)), make_window("v", span=(10_200, HORIZON_S)))
)
NIGHTS = make_problem(
    places=(make_place("base", earth_visibility=((0, 7200), (14_400, HORIZON_S))), make_place("ridge")),
    night_rule=NightRule(("ridge",), max_without_earth_s=3600),
)
DARK = make_problem(
    places=(make_place("base"), make_place("ridge", illumination=())), night_rule=NightRule(max_dark_s=7200)
)
FORM = [
    Example(Rule.SPAN, ONE, plan(at("a", 3600, -3600)), 3600, (3600, 0), plan(at("a", 0))),
    Example(
        Rule.HORIZON, ONE, plan(at("a", HORIZON_S - 600)), 3000, (HORIZON_S - 600, HORIZON_S + 3000),
        plan(at("a", HORIZON_S - 3600)),
    ),
    Example(Rule.HORIZON, ONE, plan(at("a", -60)), 60, (-60, 3540), plan(at("a", 0)), "before"),
    Example(Rule.KNOWN_OBJECT, ONE, plan(at("x", 0)), 1, (0, 3600), plan(at("a", 0))),
    Example(Rule.KNOWN_OBJECT, RADIO, plan(contact(0, 60, "x")), 1, (0, 60), plan(contact(0, 60)), "window"),
    Example(
        Rule.KNOWN_OBJECT, make_problem(drives=()), plan(drive(0)), 1, (0, 1800), plan(), "drive",
    ),
    Example(Rule.ONCE, ONE, plan(at("a", 0), at("a", 7200)), 1, (7200, 10800), plan(at("a", 7200))),
    Example(Rule.DURATION, ONE, plan(at("a", 0, 3000)), 600, (0, 3000), plan(at("a", 0))),
    Example(Rule.DURATION, ONE, plan(drive(0, length_s=2000)), 200, (0, 2000), plan(drive(0)), "drive"),
    Example(
        Rule.ACTIVITY_WINDOW, make_problem(activities=(make_activity("a", windows=((0, 4000), (8000, 12000))),)),
        plan(at("a", 1000)), 600, (1000, 4600), plan(at("a", 8400)),
    ),
    Example(
        Rule.PLACE_ALLOWED, make_problem(activities=(make_activity("a", place_ids=("ridge",)),)),
        plan(at("a", 0)), 1, (0, 3600), plan(drive(0), at("a", 1800, place_id="ridge")),
    ),
    Example(
        Rule.MANDATORY, make_problem(activities=(make_activity("a", mandatory=True),)), plan(), 1, (0, HORIZON_S),
        plan(at("a", 0)),
    ),
]  # fmt: skip


def lit_by(kind: ConditionKind) -> PlanningProblem:
    windows = ((0, 5000), (6000, 12000))
    base = make_place("base", illumination=windows, darkness=windows, earth_visibility=windows)
    return make_problem(
        places=(base, make_place("ridge")), activities=(make_activity("a", conditions=(Condition(kind),)),)
    )


def half_lit_drives(kind: ConditionKind) -> PlanningProblem:
    """Drives need the condition; at the far end it holds from 3000 s on only."""
    ridge = make_place("ridge", illumination=((3000, HORIZON_S),), earth_visibility=((3000, HORIZON_S),))
    return make_problem(places=(make_place("base"), ridge), drive_rule=DriveRule((Condition(kind),), ()))


def dark_ridge(dark_place_ids: tuple[str, ...]) -> PlanningProblem:
    """Drives need light, which the ridge never has."""
    places = (make_place("base"), make_place("ridge", illumination=()))
    rule = DriveRule((Condition(ConditionKind.ILLUMINATION),), (), dark_place_ids)
    return make_problem(places=places, drive_rule=rule)


TALK = make_problem(
    activities=(make_activity("a", conditions=(Condition(ConditionKind.CONTACT, ("usuda",)),)),),
    contact_windows=RADIO.contact_windows,
)
TALKING_DRIVE = make_problem(
    drive_rule=DriveRule((Condition(ConditionKind.CONTACT),), ()),
    contact_windows=(make_window("w"), make_window("w-ridge", place_id="ridge", span=(0, 3000))),
)
CONDITIONS = [
    *(
        Example(rule, lit_by(kind), plan(at("a", 4000)), 1000, (5000, 6000), plan(at("a", 6000)))
        for rule, kind in (
            (Rule.CONDITION_ILLUMINATION, ConditionKind.ILLUMINATION),
            (Rule.CONDITION_DARKNESS, ConditionKind.DARKNESS),
            (Rule.CONDITION_EARTH_VISIBILITY, ConditionKind.EARTH_VISIBILITY),
        )
    ),
    *(
        Example(rule, half_lit_drives(kind), plan(drive(2000)), 1000, (2000, 3000), plan(drive(3000)), "drive")
        for rule, kind in (
            (Rule.CONDITION_ILLUMINATION, ConditionKind.ILLUMINATION),
            (Rule.CONDITION_EARTH_VISIBILITY, ConditionKind.EARTH_VISIBILITY),
        )
    ),
    Example(
        Rule.CONDITION_CONTACT, TALK, plan(at("a", 0), contact(0, 3000), contact(3000, 3600, "v", "belrose")),
        600, (3000, 3600), plan(at("a", 0), contact(0, 3000), contact(3000, 3600)),
    ),
    Example(
        Rule.CONDITION_CONTACT, TALKING_DRIVE, plan(drive(0), contact(300, 1800)), 300, (0, 300),
        plan(drive(0), contact(0, 1800)), "drive",
    ),
]  # fmt: skip
AWAY = make_problem(drives=(make_drive("base", "ridge"),), activities=(make_activity("a"),))
SHARED = make_problem(
    activities=(make_activity("a", resource_ids=("arm",)), make_activity("b", resource_ids=("arm", "eye"))),
    drive_rule=DriveRule((), ("eye",)),
)
REPLANNED = replace(make_problem(activities=(make_activity("a"),)), baseline=Baseline(plan(), plan(), 0, 600, 0.0, 0.0))
TWO_OVENS = make_problem(
    activities=(make_activity("a"), make_activity("b")),
    limits=(Limit("ovens", "Ovens", 2.0, "1", (LimitUse("a", 1.0), LimitUse("b", 1.5))),),
)
CREWED = make_problem(
    activities=(make_activity("a"), make_activity("b")),
    cumulative_resources=(CumulativeResource("crew", "Crew", 2.0, "1", (LimitUse("a", 1.0), LimitUse("b", 1.5))),),
)
TANKED = make_problem(
    activities=(make_activity("a"), make_activity("b"), make_activity("c")),
    reservoirs=(
        Reservoir(
            "tank", "Tank", 2.0, 0.5, "kg",
            (ReservoirUse("a", produced=1.0), ReservoirUse("b", consumed=1.0), ReservoirUse("c", produced=1.5)),
        ),
    ),
)  # fmt: skip
QUIET = make_problem(
    activities=(make_activity("a", conditions=(Condition(ConditionKind.SILENCE, ("usuda",)),)),),
    contact_windows=(make_window("w"), make_window("v", "belrose")),
)


def unlit(*absent: Span) -> PlanningProblem:
    """An activity that wants no light, at a place without it in some spans."""
    place = make_place("base", absences={ConditionKind.NO_ILLUMINATION: absent})
    activity = make_activity("a", conditions=(Condition(ConditionKind.NO_ILLUMINATION),))
    return make_problem(places=(place,), drives=(), activities=(activity,))


ABSENCES = [
    Example(
        Rule.CONDITION_ABSENCE, QUIET, plan(at("a", 0), contact(3000, 4000)), 600, (3000, 3600),
        plan(at("a", 0), contact(0, 3000, "v", "belrose"), contact(3600, 4000)), "silence",
    ),
    Example(Rule.CONDITION_ABSENCE, unlit((0, 3000)), plan(at("a", 0)), 600, (3000, 3600), plan(), "light"),
]  # fmt: skip
PLACES = [
    Example(
        Rule.POSITION, AWAY, plan(drive(0), at("a", 3600)), 3600, (3600, 7200),
        plan(drive(0), at("a", 3600, place_id="ridge")),
    ),
    Example(Rule.DRIVING, AWAY, plan(at("a", 0), drive(3000)), 600, (3000, 3600), plan(at("a", 0), drive(3600))),
    Example(Rule.DRIVE_ORIGIN, ONE, plan(drive(0, "ridge", "base")), 1, (0, 1800), plan(drive(0))),
    Example(
        Rule.DRIVE_OVERLAP, ONE, plan(drive(0), drive(1000, "ridge", "base")), 800, (1000, 2800),
        plan(drive(0), drive(1800, "ridge", "base")),
    ),
    Example(
        Rule.DRIVE_WAY, one_way(LIGHT, (0, 3600), (7200, HORIZON_S)), plan(drive(2700)), 300, (3600, 3900),
        plan(drive(2400)),
    ),
    Example(
        Rule.DRIVE_CLOSED,
        make_problem(drives=(make_drive(closed_because="slope 27°"), make_drive("ridge", "base"))),
        plan(drive(0)), 1, (0, 1800), plan(),
    ),
    Example(
        Rule.CONTACT_RATE, FADING, plan(contact(6600, 7500)), 300, (7200, 7500), plan(contact(6600, 7200)),
    ),
    Example(
        Rule.CONTACT_HAND_OVER, replace(RADIO, hand_over_s=600),
        plan(contact(0, 3600), contact(4000, 5400, "v", "belrose")), 200, (3600, 4000),
        plan(contact(0, 3600), contact(4200, 5400, "v", "belrose"), contact(5400, 6000, "v", "belrose")),
    ),
    Example(
        Rule.CONTACT_RHYTHM, SPOKEN, plan(contact(6000, 6600), contact(16_800, 17_400, "v")), 600, (16_200, 16_800),
        plan(contact(6000, 6600), contact(16_200, 16_800, "v")),
    ),
    Example(
        Rule.EARTH_NIGHT, NIGHTS, plan(drive(6000)), 600, (7200, 7800), plan(drive(5400)),
    ),
    Example(
        Rule.DARK_STAY, DARK, plan(drive(0), drive(6000, "ridge", "base")), 600, (7200, 7800),
        plan(drive(0), drive(5400, "ridge", "base")),
    ),
    Example(
        Rule.QUIET,
        make_problem(activities=(make_activity("a", makes=("gas",)), make_activity("b", needs_quiet=("gas", "dust")))),
        plan(at("a", 0), at("b", 3000)), 600, (3000, 3600), plan(at("a", 0), at("b", 3600)),
    ),
    Example(
        Rule.RESOURCE_OVERLAP, SHARED, plan(at("a", 0), at("b", 3000)), 600, (3000, 3600),
        plan(at("a", 0), at("b", 3600), drive(7200)),
    ),
    Example(
        Rule.RESOURCE_CAPACITY, CREWED, plan(at("a", 0), at("b", 3000)), 0.5, (3000, 3600),
        plan(at("a", 0), at("b", 3600)),
    ),
    Example(
        Rule.RESERVOIR_EMPTY, TANKED, plan(at("a", 0), at("b", 3000)), 0.5, (3000, 3600),
        plan(at("a", 0), at("b", 3600)),
    ),
    Example(
        Rule.RESERVOIR_FULL, TANKED, plan(at("a", 0), at("c", 3600)), 1.0, (3600, 21600), plan(at("a", 0)),
    ),
    Example(
        Rule.LIMIT, TWO_OVENS, plan(at("a", 0), at("b", 4000)), 0.5, (0, 21600), plan(at("b", 0)),
    ),
    Example(
        Rule.FROZEN, REPLANNED, plan(at("a", 300)), 1.0, (300, 3900), plan(at("a", 3600)),
    ),
    Example(Rule.LOCKED, LOCKED, plan(at("a", 900)), 1, (600, 4200), plan(at("a", 600)), "moved"),
    Example(Rule.LOCKED, LOCKED, plan(), 1, (600, 4200), plan(at("a", 600)), "left out"),
    Example(Rule.DISABLED, DISABLED, plan(at("a", 0), at("b", 0)), 1, (0, 3600), plan(at("b", 0))),
]  # fmt: skip
SPLIT = make_problem(
    contact_windows=(
        make_window("w", span=(1000, 4000), min_length_s=600, setup_s=200, teardown_s=100),
        make_window("w2", span=(5000, 9000), min_length_s=600, setup_s=200, teardown_s=100),
    )
)
CLOSED = replace(SPLIT, closed_spans=(ClosedSpan("usuda", (700, 850), ClosureKind.OUTAGE, "outage-1", "hydraulics"),))
QUOTA = replace(SPLIT, antenna_quotas=(AntennaQuota("q", ("JAXA",), ("usuda", "other"), (-900, 5900), 2000, "JAXA"),))
FROM_BOTH = make_problem(
    contact_windows=(make_window("w"), make_window("far", place_id="ridge", span=(1200, 9000), min_length_s=1000)),
)
CONTACTS = [
    Example(
        Rule.CONTACT_WINDOW, SPLIT, plan(contact(3000, 6000)), 1000, (4000, 5000), plan(contact(3000, 4000)),
    ),
    Example(
        Rule.CONTACT_WINDOW, FROM_BOTH, plan(drive(1000), contact(600, 4000)), 200, (1000, 1200),
        plan(drive(1200), contact(600, 4000)), "drive",
    ),
    Example(
        Rule.CONTACT_START, SPLIT, plan(contact(6000, 7000, "w")), 1, (6000, 7000), plan(contact(6000, 7000, "w2")),
    ),
    Example(Rule.CONTACT_LENGTH, SPLIT, plan(contact(1000, 1500)), 100, (1000, 1500), plan(contact(1000, 1600))),
    Example(
        Rule.CONTACT_LENGTH, FROM_BOTH, plan(drive(1200), contact(600, 1500)), 100, (600, 1500),
        plan(drive(1200), contact(600, 1600)), "other end",
    ),
    Example(
        Rule.CONTACT_OVERLAP, RADIO, plan(contact(0, 1000), contact(900, 2000, "v", "belrose")), 100, (900, 1000),
        plan(contact(0, 1000), contact(1000, 2000, "v", "belrose")),
    ),
    Example(
        Rule.STATION_CLOSED, CLOSED, plan(contact(1000, 2000)), 50, (1000, 2000), plan(contact(1050, 2000)), "outage",
    ),
    Example(
        Rule.ANTENNA_QUOTA, QUOTA, plan(contact(1000, 2000), contact(5300, 6500, "w2")), 100, (-900, 5900),
        plan(contact(1000, 2000), contact(5400, 6500, "w2")), "of a month that ends in a contact",
    ),
    Example(
        Rule.STATION_TURNAROUND, SPLIT, plan(contact(1000, 2000), contact(2250, 3250)), 50, (2000, 2250),
        plan(contact(1000, 2000), contact(2300, 3300)),
    ),
]  # fmt: skip
CHAIN = make_problem(activities=make_chain("drill", 2, max_wait_s=600))
LONG_WAIT = make_problem(activities=make_chain("drill", 2, max_wait_s=HORIZON_S))
TWICE = make_problem(
    activities=(
        make_activity("r0", request_id="r", mode_id="short"),
        make_activity("r1", request_id="r", mode_id="long", duration_s=7200),
    )
)
AT_TIMES = make_problem(activities=(make_activity("a", place_windows=(("base", ((0, 7200),)), ("ridge", ()))),))
CHAINS = [
    Example(
        Rule.ACTIVITY_WINDOW, AT_TIMES, plan(at("a", 4000)), 400, (4000, 7600), plan(at("a", 3600)), "at a place",
    ),
    Example(
        Rule.MODE, TWICE, plan(at("r0", 600), at("r1", 9000, 7200)), 1, (600, 4200), plan(at("r1", 9000, 7200)),
    ),
    Example(
        Rule.CHAIN_COMPLETE, CHAIN, plan(at("drill-0", 0)), 1, (0, 3600), plan(at("drill-0", 0), at("drill-1", 4200)),
    ),
    Example(
        Rule.CHAIN_ORDER, CHAIN, plan(at("drill-0", 0), at("drill-1", 3000)), 600, (3000, 3600),
        plan(at("drill-0", 0), at("drill-1", 3600)),
    ),
    Example(
        Rule.CHAIN_WAIT, CHAIN, plan(at("drill-0", 0), at("drill-1", 4500)), 300, (3600, 4500),
        plan(at("drill-0", 0), at("drill-1", 3900)),
    ),
]  # fmt: skip


def related(kind: RelationKind, min_lag_s: int = 0, max_lag_s: int = 0) -> PlanningProblem:
    return replace(TWO, relations=(Relation(kind, "b", "a", min_lag_s, max_lag_s),))


REPEATED = make_problem(
    activities=tuple(make_activity(f"r{n}", request_id="r", repetition_index=n) for n in range(3)),
    repetitions=(Repetition("r", 7200, 300),),
)
RELATIONS = [
    Example(
        Rule.RELATION_AFTER, related(RelationKind.AFTER, 600), plan(at("a", 0), at("b", 4000)), 200, (3600, 4000),
        plan(at("a", 0), at("b", 4200)), "early",
    ),
    Example(
        Rule.RELATION_AFTER, related(RelationKind.AFTER, 600, 1200), plan(at("a", 0), at("b", 5000)), 200, (3600, 5000),
        plan(at("a", 0), at("b", 4800)), "late",
    ),
    Example(
        Rule.RELATION_EXCLUDES, related(RelationKind.EXCLUDES), plan(at("a", 0), at("b", 4000)), 1, (4000, 7600),
        plan(at("b", 4000)),
    ),
    Example(
        Rule.RELATION_REQUIRES, related(RelationKind.REQUIRES), plan(at("b", 0)), 1, (0, 3600),
        plan(at("a", 4000), at("b", 0)),
    ),
    Example(
        Rule.RELATION_TOGETHER, related(RelationKind.TOGETHER, 0, 600), plan(at("a", 0), at("b", 4000)), 3400,
        (0, 4000), plan(at("a", 0), at("b", 600)),
    ),
    Example(
        Rule.REPETITION_ORDER, REPEATED, plan(at("r0", 0), at("r2", 14400)), 1, (14400, 14400),
        plan(at("r0", 0), at("r1", 7000), at("r2", 14000)),
    ),
    Example(
        Rule.REPETITION_PERIOD, REPEATED, plan(at("r0", 0), at("r1", 8000)), 500, (0, 8000),
        plan(at("r0", 0), at("r1", 7500)),
    ),
]  # fmt: skip


EXAMPLES = [*FORM, *CONDITIONS, *ABSENCES, *PLACES, *CONTACTS, *CHAINS, *RELATIONS, *LEVELS]
TOGETHER = {Rule.CHAIN_PLACE, Rule.CHAIN_DRIVE}
