"""Tiny problems, each about one rule, whose optimum a search of every schedule finds."""

from dataclasses import replace

from malapert_planner.domain.problem.activities import Product, Relation, RelationKind, Repetition
from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.contact_windows import RateSeries
from malapert_planner.domain.problem.places import DriveRule, PowerSeries
from malapert_planner.domain.problem.problem import Objective
from malapert_planner.domain.problem.resources import (
    Battery,
    CumulativeResource,
    Limit,
    LimitUse,
    Reservoir,
    ReservoirUse,
    Storage,
)
from problem_factory import (
    HOUR_S,
    make_activity,
    make_chain,
    make_drive,
    make_place,
    make_problem,
    make_window,
)

GRID_S = HOUR_S

BASE = make_problem(resolution_s=GRID_S, activities=(make_activity("a"), make_activity("b", value=7.0)))
LIT_LATE = make_place(illumination=((2 * HOUR_S, 4 * HOUR_S),))
LIT = (Condition(ConditionKind.ILLUMINATION),)
CONTACT = (Condition(ConditionKind.CONTACT),)
RATE = RateSeries((0,), (1e5,))
RIDGE = make_place("ridge")


def spectra(max_latency_s: int, priority: int = 0) -> Product:
    return Product("spectra", 3.6e8, priority, max_latency_s)


PROBLEMS = {
    "windows": replace(
        BASE, activities=(make_activity("a", duration_s=2 * HOUR_S, windows=((0, HOUR_S), (2 * HOUR_S, 4 * HOUR_S))),)
    ),
    "illumination": replace(
        BASE,
        places=(LIT_LATE,),
        drives=(),
        activities=tuple(
            make_activity(name, conditions=LIT, resource_ids=("arm",), value=value, duration_s=duration)
            for name, value, duration in (("a", 5.0, HOUR_S), ("b", 9.0, 2 * HOUR_S), ("c", 6.0, HOUR_S))
        ),
    ),
    "modes": replace(
        BASE,
        places=(LIT_LATE,),
        drives=(),
        activities=(
            make_activity("a", request_id="r", mode_id="short", value=4.0, conditions=LIT, resource_ids=("arm",)),
            make_activity("b", request_id="r", mode_id="long", value=6.0, duration_s=2 * HOUR_S, conditions=LIT),
            make_activity("c", value=5.0, duration_s=HOUR_S, conditions=LIT, resource_ids=("arm",)),
            make_activity("d", request_id="s", mode_id="day", value=9.0, duration_s=3 * HOUR_S, conditions=LIT),
            make_activity("e", request_id="s", mode_id="any", value=2.0, duration_s=3 * HOUR_S),
        ),
        battery=Battery(1000.0, 100.0, 900.0, 0.0, 20.0, 10.0),
    ),
    "modes of what is related": replace(
        BASE,
        drives=(),
        activities=(
            make_activity("a", request_id="r", mode_id="short", value=4.0, windows=((2 * HOUR_S, 3 * HOUR_S),)),
            make_activity("b", request_id="r", mode_id="long", value=6.0, duration_s=3 * HOUR_S),
            make_activity("c", request_id="s", value=5.0, windows=((3 * HOUR_S, 5 * HOUR_S),)),
        ),
        relations=(
            Relation(RelationKind.AFTER, "s", "r", max_lag_s=HOUR_S),
            Relation(RelationKind.REQUIRES, "s", "r"),
        ),
    ),
    "soon after the last of several": replace(
        BASE,
        drives=(),
        activities=(
            *(
                make_activity(
                    f"o{n}", request_id="o", repetition_index=n, windows=((n * 2 * HOUR_S, (n * 2 + 1) * HOUR_S),)
                )
                for n in range(2)
            ),
            make_activity("c", value=8.0, windows=((4 * HOUR_S, 6 * HOUR_S),)),
            make_activity("d", value=8.0, windows=((5 * HOUR_S, 6 * HOUR_S),)),
        ),
        relations=(
            Relation(RelationKind.AFTER, "c", "o", max_lag_s=HOUR_S),
            Relation(RelationKind.AFTER, "d", "o", max_lag_s=HOUR_S),
        ),
    ),
    "modes of repetitions": replace(
        BASE,
        drives=(),
        activities=tuple(
            make_activity(
                f"{mode}{n}",
                request_id="r",
                repetition_index=n,
                mode_id=mode,
                value=value,
                duration_s=hours * HOUR_S,
                power_w=150.0 * hours,
            )
            for n in range(2)
            for mode, value, hours in (("short", 2.0, 1), ("long", 5.0, 2))
        ),
        repetitions=(Repetition("r", 2 * HOUR_S, HOUR_S),),
        battery=Battery(1000.0, 100.0, 900.0, 0.0, 20.0, 10.0),
        places=(make_place(power_w=10.0),),
    ),
    "darkness": replace(
        BASE,
        drives=(),
        places=(make_place(darkness=((0, HOUR_S),)),),
        activities=(
            make_activity("a", conditions=(Condition(ConditionKind.DARKNESS),)),
            make_activity("b", conditions=(Condition(ConditionKind.DARKNESS),), duration_s=2 * HOUR_S),
        ),
    ),
    "earth": replace(
        BASE,
        drives=(),
        places=(make_place(earth_visibility=((HOUR_S, 2 * HOUR_S),)),),
        activities=(
            make_activity("a", conditions=(Condition(ConditionKind.EARTH_VISIBILITY),), windows=((0, 3 * HOUR_S),)),
            make_activity("b", duration_s=2 * HOUR_S, conditions=(Condition(ConditionKind.EARTH_VISIBILITY),)),
        ),
    ),
    "contact": replace(
        BASE,
        activities=(
            make_activity("a", conditions=CONTACT),
            make_activity("b", conditions=(Condition(ConditionKind.CONTACT, ("other",)),)),
        ),
        contact_windows=(make_window(span=(HOUR_S, 3 * HOUR_S), cost_per_hour=3.0, rate=RATE),),
    ),
    "silence beside what must be sent": replace(
        BASE,
        drives=(),
        activities=(
            make_activity("a", data_bit=3.6e8, products=(spectra(HOUR_S),), windows=((0, HOUR_S),)),
            make_activity("b", value=7.0, conditions=(Condition(ConditionKind.SILENCE),), windows=((0, 3 * HOUR_S),)),
            make_activity(
                "c",
                value=3.0,
                conditions=(Condition(ConditionKind.SILENCE, ("usuda",)),),
                windows=((HOUR_S, 2 * HOUR_S),),
            ),
        ),
        contact_windows=(make_window(span=(HOUR_S, 3 * HOUR_S), cost_per_hour=1.0, rate=RATE),),
    ),
    "no light": replace(
        BASE,
        drives=(),
        places=(make_place(absences={ConditionKind.NO_ILLUMINATION: ((HOUR_S, 2 * HOUR_S),)}),),
        activities=(
            make_activity("a", conditions=(Condition(ConditionKind.NO_ILLUMINATION),)),
            make_activity("b", conditions=(Condition(ConditionKind.NO_ILLUMINATION),), duration_s=2 * HOUR_S),
        ),
    ),
    "contact too dear": replace(
        BASE,
        activities=(make_activity("a", conditions=CONTACT),),
        contact_windows=(make_window(span=(HOUR_S, 3 * HOUR_S), cost_per_hour=30.0, rate=RATE),),
    ),
    "one oven for two": replace(
        BASE,
        drives=(),
        limits=(Limit("ovens", "Ovens", 1.5, "1", (LimitUse("a", 1.0), LimitUse("b", 1.0))),),
    ),
    "crew for two of three at once": replace(
        BASE,
        drives=(),
        activities=(
            make_activity("a", value=5.0, windows=((0, 2 * HOUR_S),), resource_ids=()),
            make_activity("b", value=4.0, windows=((0, 2 * HOUR_S),), duration_s=2 * HOUR_S, resource_ids=()),
            make_activity("c", value=3.0, windows=((0, 2 * HOUR_S),), resource_ids=()),
        ),
        cumulative_resources=(
            CumulativeResource("crew", "Crew", 2.5, "1", tuple(LimitUse(name, 1.25) for name in "abc")),
        ),
    ),
    "what is heated was dug before": replace(
        BASE,
        drives=(),
        activities=(
            make_activity("heat", value=5.0, windows=((0, 3 * HOUR_S),), resource_ids=()),
            make_activity("dig", value=1.0, windows=((0, 2 * HOUR_S),), resource_ids=()),
            make_activity("more", value=2.0, windows=((0, 2 * HOUR_S),), resource_ids=()),
        ),
        reservoirs=(
            Reservoir(
                "hopper",
                "Hopper",
                1.5,
                0.25,
                "t",
                (
                    ReservoirUse("heat", consumed=1.0),
                    ReservoirUse("dig", produced=1.0),
                    ReservoirUse("more", produced=1.0),
                ),
            ),
        ),
    ),
    "more crew than there is": replace(
        BASE,
        drives=(),
        cumulative_resources=(CumulativeResource("crew", "Crew", 1.0, "1", (LimitUse("a", 2.0), LimitUse("b", 1.0))),),
    ),
    "the best of a choice, and what requires it": replace(
        BASE,
        drives=(),
        activities=(
            make_activity("c-0", request_id="c", value=5.0, agency_id="ISRO", windows=((0, HOUR_S),)),
            make_activity("c-1", request_id="c", repetition_index=1, value=3.0, agency_id="ISRO"),
            make_activity("a", value=2.0, duration_s=2 * HOUR_S, resource_ids=()),
        ),
        relations=(Relation(RelationKind.REQUIRES, "a", "c"),),
        limits=(Limit("choice:c", "c", 1.0, "1", (LimitUse("c-0", 1.0), LimitUse("c-1", 1.0)), is_choice=True),),
        objective=Objective(1.0, 10.0),
    ),
    "together": replace(
        BASE,
        drives=(),
        activities=(
            make_activity("a", value=2.0, windows=((0, 2 * HOUR_S),), resource_ids=("arm",)),
            make_activity("b", value=3.0, windows=((HOUR_S, 4 * HOUR_S),), resource_ids=("arm",)),
            make_activity("c", value=4.0, windows=((HOUR_S, 2 * HOUR_S),), resource_ids=("arm",)),
        ),
        relations=(Relation(RelationKind.TOGETHER, "b", "a", 0, HOUR_S),),
    ),
    "drive": replace(
        BASE,
        places=(make_place(), RIDGE),
        drives=(make_drive(duration_s=HOUR_S),),
        activities=(
            make_activity("a", place_ids=("ridge",)),
            make_activity("b", place_ids=("base",), windows=((0, HOUR_S),)),
        ),
    ),
    "drive in contact and light": replace(
        BASE,
        horizon_s=5 * HOUR_S,
        places=(
            make_place(illumination=((HOUR_S, 4 * HOUR_S),), earth_visibility=()),
            make_place("ridge", illumination=((0, 3 * HOUR_S),), earth_visibility=()),
        ),
        drives=(make_drive(duration_s=HOUR_S),),
        drive_rule=DriveRule((*LIT, *CONTACT), ("wheels",)),
        activities=(make_activity("a", place_ids=("ridge",)),),
        contact_windows=(
            make_window("w1", "usuda", span=(0, 3 * HOUR_S), cost_per_hour=2.0, rate=RATE),
            make_window("w2", "usuda", place_id="ridge", span=(2 * HOUR_S, 4 * HOUR_S), cost_per_hour=2.0, rate=RATE),
        ),
    ),
    "drive into the dark": replace(
        BASE,
        horizon_s=5 * HOUR_S,
        places=(
            make_place(illumination=((HOUR_S, 5 * HOUR_S),), earth_visibility=()),
            make_place("ridge", illumination=(), earth_visibility=()),
        ),
        drives=(make_drive(duration_s=HOUR_S),),
        drive_rule=DriveRule(LIT, ("wheels",), ("ridge",)),
        activities=(
            make_activity("a", place_ids=("ridge",)),
            make_activity("b", place_ids=("base",), windows=((HOUR_S, 3 * HOUR_S),)),
        ),
    ),
    "chain": replace(
        BASE,
        activities=(
            *make_chain("c", 2, resource_ids=("arm",)),
            make_activity("d", resource_ids=("arm",), windows=((HOUR_S, 2 * HOUR_S),)),
        ),
    ),
    "after": replace(BASE, relations=(Relation(RelationKind.AFTER, "a", "b", HOUR_S, 2 * HOUR_S),)),
    "excludes": replace(BASE, relations=(Relation(RelationKind.EXCLUDES, "a", "b"),)),
    "requires": replace(
        BASE,
        activities=(make_activity("a"), make_activity("b", duration_s=2 * HOUR_S, windows=((0, HOUR_S),))),
        relations=(Relation(RelationKind.REQUIRES, "a", "b"),),
    ),
    "repetition": replace(
        BASE,
        activities=tuple(make_activity(f"r{n}", request_id="r", repetition_index=n) for n in range(3)),
        repetitions=(Repetition("r", 3 * HOUR_S, HOUR_S),),
    ),
    "battery floor": replace(
        BASE,
        drives=(),
        places=(make_place(generation=PowerSeries((0,), (0.0,))),),
        activities=tuple(make_activity(f"a{n}", power_w=100.0, value=10.0 + n) for n in range(3)),
        battery=Battery(1000.0, 300.0, 560.0, 0.0, 0.0, 0.0),
    ),
    "storage": replace(
        BASE,
        activities=tuple(make_activity(f"a{n}", data_bit=3e8, value=10.0 + n) for n in range(3)),
        storage=Storage(7e8, 0.0, 7e8),
        contact_windows=(make_window(span=(HOUR_S, 2 * HOUR_S), cost_per_hour=1.0, rate=RATE),),
    ),
    "a product in time": replace(
        BASE,
        drives=(),
        activities=(
            make_activity("a", data_bit=3.6e8, products=(spectra(HOUR_S),), resource_ids=("arm",)),
            make_activity("b", value=7.0, windows=((2 * HOUR_S, 4 * HOUR_S),), resource_ids=("arm",)),
        ),
        contact_windows=(make_window(span=(3 * HOUR_S, 5 * HOUR_S), cost_per_hour=1.0, rate=RATE),),
    ),
    "no time to send a product": replace(
        BASE,
        drives=(),
        activities=(
            make_activity("a", data_bit=3.6e8, products=(spectra(HOUR_S),), windows=((0, 2 * HOUR_S),)),
            make_activity("b", value=7.0, data_bit=3.6e8, products=(spectra(3 * HOUR_S),), windows=((0, 2 * HOUR_S),)),
        ),
        contact_windows=(make_window(span=(3 * HOUR_S, 5 * HOUR_S), cost_per_hour=1.0, rate=RATE),),
    ),
    "a product behind others": replace(
        BASE,
        drives=(),
        activities=(
            make_activity("a", data_bit=3.6e8, products=(spectra(HOUR_S, priority=2),), windows=((0, 2 * HOUR_S),)),
            make_activity("b", value=7.0, data_bit=3.6e8, products=(Product("images", 3.6e8, 1),)),
            make_activity("c", value=3.0, data_bit=3.6e8, windows=((0, HOUR_S),)),
        ),
        contact_windows=(make_window(span=(2 * HOUR_S, 4 * HOUR_S), cost_per_hour=1.0, rate=RATE),),
    ),
    "data that waits": replace(
        BASE,
        drives=(),
        activities=(make_activity("a", data_bit=3.6e8), make_activity("b", value=2.0, data_bit=1.8e8)),
        contact_windows=(make_window(span=(3 * HOUR_S, 5 * HOUR_S), cost_per_hour=1.0, rate=RATE),),
        objective=Objective(1.0, 0.0, 1000.0),
    ),
    "fairness": replace(
        BASE,
        activities=(
            make_activity("a", agency_id="JAXA", windows=((0, HOUR_S),), resource_ids=("arm",)),
            make_activity("b", agency_id="ISRO", value=9.0, resource_ids=("arm",), windows=((0, HOUR_S),)),
            make_activity("c", agency_id="JAXA", value=3.0),
        ),
        objective=replace(BASE.objective, fairness_weight=20.0),
    ),
}
