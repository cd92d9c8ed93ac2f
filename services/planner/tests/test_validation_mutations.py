"""A valid schedule, changed at random: the validator and a plain minute-by-minute referee agree on what is left."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from malapert_planner.domain.problem.activities import Relation, RelationKind, Repetition
from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.contact_windows import RateSeries
from malapert_planner.domain.problem.places import DriveRule, PowerSeries
from malapert_planner.domain.problem.resources import (
    Battery,
    CumulativeResource,
    Limit,
    LimitUse,
    Reservoir,
    ReservoirUse,
    Storage,
)
from malapert_planner.domain.schedule.schedule import PlacedActivity, PlacedContact, PlacedDrive, Schedule
from malapert_planner.domain.validation.validate import validate
from problem_factory import make_activity, make_chain, make_drive, make_place, make_problem, make_window
from schedule_oracle import is_valid

MINUTE_S = 60
LIT = Condition(ConditionKind.ILLUMINATION)
TALK = Condition(ConditionKind.CONTACT, ("usuda",))


FILMED = ("look-0", "look-1", "stare", "talk")
CREWED = ("talk", "look-0", "stare")


def campaign():
    """Twelve half-hours of a rover's day with everything in it, and little to spare."""
    sunny = PowerSeries((0, 7200, 10800, 21600), (160.0, 160.0, 40.0, 120.0))
    booked = {"min_length_s": 600, "setup_s": 300, "teardown_s": 120}
    rate = RateSeries((0, 9000), (2000.0, 4000.0))
    return make_problem(
        places=(
            make_place("base", generation=sunny, illumination=((0, 12600),), darkness=((12600, 21600),)),
            make_place("ridge", power_w=60.0, illumination=((3000, 20400),)),
        ),
        drives=(make_drive(power_w=80.0, data_bit=1e6), make_drive("ridge", "base", power_w=80.0)),
        drive_rule=DriveRule((LIT,), ("wheels",)),
        activities=(
            make_activity("m", mandatory=True, duration_s=1200, power_w=50.0, conditions=(LIT,), place_ids=("base",)),
            make_activity("talk", duration_s=1200, conditions=(TALK,), data_bit=2e6, agency_id="ISRO"),
            *make_chain("drill", 2, place_ids=("ridge",), duration_s=1800, max_wait_s=900, power_w=90.0, data_bit=4e6),
            make_activity("look-0", request_id="look", duration_s=600, windows=((0, 9000),), resource_ids=("eye",)),
            make_activity("look-1", request_id="look", duration_s=600, repetition_index=1, resource_ids=("eye",)),
            make_activity("stare", duration_s=900, resource_ids=("eye",), min_start_charge_wh=190.0),
        ),
        relations=(
            Relation(RelationKind.AFTER, "drill", "m", 600, 9000),
            Relation(RelationKind.REQUIRES, "stare", "look"),
            Relation(RelationKind.TOGETHER, "talk", "m", 0, 2400),
        ),
        limits=(
            Limit("film", "Film", 4.0, "1", tuple(LimitUse(name, 1.0) for name in FILMED)),
        ),
        reservoirs=(
            Reservoir(
                "tank", "Tank", 2.0, 1.0, "kg",
                (ReservoirUse("talk", consumed=1.0), ReservoirUse("drill-0", produced=1.5), ReservoirUse("stare", 1.5)),
            ),
        ),
        cumulative_resources=(
            CumulativeResource("crew", "Crew", 1.5, "1", tuple(LimitUse(name, 1.0) for name in CREWED)),
        ),
        repetitions=(Repetition("look", 7200, 900),),
        contact_windows=(
            make_window("u-base", span=(0, 6000), rate=rate, **booked),
            make_window("u-ridge", place_id="ridge", span=(4200, 15000), rate=rate, **booked),
            make_window("b-ridge", "belrose", place_id="ridge", span=(12000, 21600), **booked),
        ),
        contact_power_w=20.0,
        battery=Battery(260.0, 150.0, 220.0, 180.0, awake_load_w=40.0, asleep_load_w=15.0, charge_efficiency=0.9),
        storage=Storage(9e6, 2e6, 3e6),
    )  # fmt: skip


PROBLEM = campaign()
VALID = Schedule(
    activities=(
        PlacedActivity("m", "base", (0, 1200)),
        PlacedActivity("talk", "base", (1800, 3000)),
        PlacedActivity("look-0", "base", (3000, 3600)),
        PlacedActivity("drill-0", "ridge", (6600, 8400)),
        PlacedActivity("drill-1", "ridge", (9000, 10800)),
        PlacedActivity("look-1", "ridge", (10800, 11400)),
        PlacedActivity("stare", "ridge", (16800, 17700)),
    ),
    drives=(PlacedDrive("base", "ridge", (4200, 6000)),),
    contacts=(
        PlacedContact("usuda", "base", "u-base", (1800, 3000)),
        PlacedContact("usuda", "ridge", "u-ridge", (9000, 11400)),
        PlacedContact("belrose", "ridge", "b-ridge", (12000, 13200)),
    ),
)
FAMILIES = ("activities", "drives", "contacts")


def shifted(item, minutes: int):
    return replace(item, span=(item.span[0] + minutes * MINUTE_S, item.span[1] + minutes * MINUTE_S))


@st.composite
def mutations(draw: st.DrawFn) -> Schedule:
    """The valid schedule with one to three items shifted, swapped, stretched, moved or dropped."""
    schedule = VALID
    for _ in range(draw(st.integers(1, 3))):
        family = draw(st.sampled_from([name for name in FAMILIES if getattr(schedule, name)]))
        items = list(getattr(schedule, family))
        index, other = draw(st.integers(0, len(items) - 1)), draw(st.integers(0, len(items) - 1))
        change = draw(st.sampled_from(["shift", "shift", "swap", "drop", "stretch", "move"]))
        if change == "shift":
            items[index] = shifted(items[index], draw(st.integers(-20, 20)))
        elif change == "swap":
            apart = (items[other].span[0] - items[index].span[0]) // MINUTE_S
            items[index], items[other] = shifted(items[index], apart), shifted(items[other], -apart)
        elif change == "stretch":
            start_s, end_s = items[index].span
            longer_s = end_s + draw(st.integers(-10, 10)) * MINUTE_S
            items[index] = replace(items[index], span=(start_s, longer_s))
        elif change == "move" and family != "drives":
            items[index] = replace(items[index], place_id=draw(st.sampled_from(["base", "ridge"])))
        else:
            del items[index]
        schedule = replace(schedule, **{family: tuple(items)})
    return schedule


def test_campaign_is_valid_to_both() -> None:
    report = validate(PROBLEM, VALID)

    assert report.violations == ()
    assert is_valid(PROBLEM, VALID)


@settings(max_examples=250, derandomize=True)
@given(mutations())
def test_validator_and_referee_agree(schedule: Schedule) -> None:
    report = validate(PROBLEM, schedule)

    assert report.valid == is_valid(PROBLEM, schedule), report.violations


@settings(max_examples=30, derandomize=True)
@given(st.permutations(VALID.activities), st.permutations(VALID.contacts))
def test_order_of_the_schedule_does_not_matter(activities, contacts) -> None:
    report = validate(PROBLEM, replace(VALID, activities=tuple(activities), contacts=tuple(contacts)))

    assert report.valid
    assert sum(report.sent_bit) == sum(sorted(validate(PROBLEM, VALID).sent_bit))
