"""Which agencies a change of what a plan holds touches."""

from dataclasses import replace

import pytest
from malapert.payload.v1 import request_pb2
from malapert_planner.domain.problem.activities import Relation, RelationKind
from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.places import DriveRule
from malapert_planner.domain.schedule.schedule import PlacedActivity, PlacedContact, PlacedDrive, Schedule
from malapert_planner.domain.validation.report import Delivery
from malapert_planner.services.making.parties import parties_of
from problem_factory import make_activity, make_problem

OWNERS = {"usuda": "JAXA", "free": ""}
CONTACT = PlacedContact("usuda", "lander", "w", (1000, 2000))


def asked(request_id: str, agency_id: str, **changes: object):  # type: ignore[no-untyped-def]
    made = make_activity(f"{request_id}/0/step", request_id=request_id, agency_id=agency_id)
    return replace(made, **changes)


def placed(request_id: str, start_s: int, end_s: int) -> PlacedActivity:
    return PlacedActivity(f"{request_id}/0/step", "lander", (start_s, end_s))


def served(*items: PlacedActivity, contact: PlacedContact = CONTACT, **rest: object) -> list[str]:
    deliveries = rest.pop("deliveries", ())
    drives = rest.pop("drives", ())
    stated = make_problem(**rest)  # type: ignore[arg-type]
    schedule = Schedule(items, drives, (contact,))  # type: ignore[arg-type]
    return parties_of(stated, schedule, deliveries, (), OWNERS, {})["contacts[0]"]  # type: ignore[arg-type]


def test_a_contact_is_of_its_antennas_owner_and_of_whom_it_serves() -> None:
    data = asked("image", "NASA", data_bit=1e6)
    assert served(activities=(), contact=replace(CONTACT, station_id="free")) == []
    assert served(activities=()) == ["JAXA"]
    assert served(placed("image", 0, 500), activities=(data,)) == ["JAXA", "NASA"]
    # Made after the contact, or on the ground before it.
    assert served(placed("image", 2000, 2500), activities=(data,)) == ["JAXA"]
    sent = Delivery("image/0/step", "p", 500, 900.0, 0)
    assert served(placed("image", 0, 500), activities=(data,), deliveries=(sent,)) == ["JAXA"]
    for still_there in (replace(sent, sent_s=1500.0), replace(sent, sent_s=None)):
        assert "NASA" in served(placed("image", 0, 500), activities=(data,), deliveries=(sent, still_there))
    watched = asked("drill", "ISRO", conditions=(Condition(ConditionKind.CONTACT),))
    assert served(placed("drill", 1500, 2500), activities=(watched,)) == ["ISRO", "JAXA"]
    assert served(placed("drill", 2000, 2500), activities=(watched,)) == ["JAXA"]
    assert served(placed("look", 1500, 2500), activities=(asked("look", "ISRO"),)) == ["JAXA"]


def test_a_drive_in_contact_is_of_whoever_has_something_after_it() -> None:
    rule = DriveRule((Condition(ConditionKind.CONTACT),), ())
    items = {"activities": (asked("early", "NASA"), asked("late", "ISRO"))}
    steps = (placed("early", 0, 500), placed("late", 3000, 3500))
    drives = (PlacedDrive("lander", "ridge", (1500, 1800)),)
    assert served(*steps, drives=drives, drive_rule=rule, **items) == ["ISRO", "JAXA"]
    assert served(*steps, drives=drives, drive_rule=DriveRule((), ()), **items) == ["JAXA"]


@pytest.mark.parametrize("kind", list(RelationKind))
def test_a_request_is_of_its_agency_and_of_those_it_is_bound_to(kind: RelationKind) -> None:
    requests = [asked(name, agency) for name, agency in (("a", "JAXA"), ("b", "ESA"), ("c", "NASA"), ("d", "ISRO"))]
    bound = (Relation(kind, "a", "b"), Relation(kind, "c", "b"), Relation(kind, "c", "not-asked"))
    stated = make_problem(activities=tuple(requests), relations=bound)
    found = parties_of(stated, Schedule(), (), (), {}, {})
    assert found["requests[a]"] == found["requests[b]"] == found["requests[c]"] == ["ESA", "JAXA", "NASA"]
    assert found["requests[d]"] == ["ISRO"]


def test_types_and_antennas_are_those_of_the_plan_before_where_they_are_not_told_anew() -> None:
    drafts = [
        request_pb2.ActivityDraft(agency_id=agency, item_versions=[version])
        for agency, version in (("ESA", "camera@2"), ("NASA", "camera@2"), ("", "drill@1"))
    ]
    before = {"items[camera]": ["ISRO"], "items[lamp]": ["ISRO"], "stations[x]": ["KARI"], "contacts[7]": ["KARI"]}
    contact = replace(CONTACT, station_id="x")
    found = parties_of(
        make_problem(), Schedule(contacts=(contact, replace(contact, station_id="y"))), (), drafts, {}, before
    )
    assert found["items[camera]"] == ["ESA", "NASA"]
    assert (found["items[lamp]"], found["items[drill]"]) == (["ISRO"], [])
    assert found["contacts[0]"] == ["KARI"]
    # Whose an antenna is is not known: any agency may be touched.
    assert not {"contacts[1]", "contacts[7]"} & found.keys()
