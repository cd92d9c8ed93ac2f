"""What of a mission's demand becomes part of the problem: calendars, consumables, choices, and what is left out."""

from datetime import UTC, datetime

import pytest
from malapert.payload.v1 import request_pb2
from malapert_core.errors import PreconditionError
from malapert_planner.domain.problem.choices import open_choices, requested_values, whole
from malapert_planner.domain.problem.resources import Limit, LimitUse
from malapert_planner.mission_document import read_document
from malapert_planner.mission_document.document import MissionDocument
from malapert_planner.services.making.calendars import calendar_spans
from malapert_planner.services.making.plannable import plannable
from malapert_planner.services.making.window_conversion import ProblemClock
from mission_documents import EPHEMERIS_SPAN, changed, load_mission
from problem_factory import make_activity, make_problem

HOUR = 3600


def document_of(name: str) -> MissionDocument:
    document, faults = read_document(changed(load_mission(name)), EPHEMERIS_SPAN)
    assert faults == []
    assert document is not None
    return document


def draft(request_id: str, **fields: object) -> request_pb2.ActivityDraft:
    return request_pb2.ActivityDraft(
        activity_id=f"{request_id}/0/a", request_id=request_id, title=request_id.upper(), agency_id="JAXA", **fields
    )  # type: ignore[arg-type]


def test_calendars_are_cut_to_the_horizon_and_joined() -> None:
    document = document_of("station-arm")
    spans = calendar_spans(document, ProblemClock(datetime(2029, 3, 5, tzinfo=UTC), 2 * 24 * HOUR))
    assert spans["work-day"][:2] == ((8.5 * HOUR, 11.75 * HOUR), (13 * HOUR, 16.25 * HOUR))
    # The second night is cut at the horizon's end.
    assert spans["sleep"] == ((21.5 * HOUR, 30 * HOUR), (45.5 * HOUR, 48 * HOUR))
    assert spans["reboost"] == ()


def test_what_the_planner_does_not_know_is_left_out_with_its_reason() -> None:
    later = request_pb2.Condition.FromString(b"\x08\x63")  # Of a kind, 99, that a later version may know.
    demand = request_pb2.ExpandRequestsResponse(
        activities=[
            draft("plain", conditions=[{"kind": "CONDITION_KIND_CONTACT"}]),
            draft("linked", value=5.0, conditions=[later]),
            draft("unseen", conditions=[{"kind": "CONDITION_KIND_CONTACT", "outside": True}]),
            draft("beamed", conditions=[later]),
            draft("open", conditions=[{"kind": "CONDITION_KIND_AVAILABILITY", "outside": True}]),
            draft("pumped", uses=[{"resource_id": "tank", "amount": 1.0}]),
            draft("needing"),
        ],
        relations=[
            request_pb2.ActivityRelation(
                kind=request_pb2.RELATION_KIND_REQUIRES, request_id="needing", other_request_id="linked"
            ),
            request_pb2.ActivityRelation(
                kind=request_pb2.RELATION_KIND_AFTER, request_id="plain", other_request_id="linked"
            ),
        ],
    )
    found = plannable(demand)
    assert [item.request_id for item in found.demand.activities] == ["plain", "unseen", "open", "pumped"]
    assert not found.demand.relations
    reasons = {item.unplanned.request_id: item.unplanned.explanation for item in found.left_out}
    assert set(reasons) == {"linked", "beamed", "needing"}
    assert {item.unplanned.reason for item in found.left_out} == {"NOT_SUPPORTED"}
    assert "kind 99" in reasons["linked"]
    assert "kind 99" in reasons["beamed"]
    assert "needs linked" in reasons["needing"]
    assert {item.unplanned.request_id: item.value for item in found.left_out}["linked"] == 5.0


def test_of_a_choice_only_the_best_was_asked_for() -> None:
    uses = tuple(LimitUse(f"c-{n}", 1.0) for n in range(3))
    problem = make_problem(
        activities=(
            *(make_activity(f"c-{n}", request_id="c", repetition_index=n, value=float(n + 1)) for n in range(3)),
            make_activity("a", value=10.0),
        ),
        limits=(Limit("choice:c", "c", 2.0, "1", uses, is_choice=True),),
    )
    assert sum(requested_values(problem).values()) == 10.0 + 3.0 + 2.0
    assert open_choices(problem, {"c-0"}) == {"choice:c": 1}
    assert whole(problem, "c", {"c-0", "c-2"})
    assert not whole(problem, "c", {"c-0"})
    assert not whole(problem, "a", set())


@pytest.mark.parametrize("name", ["relay-week", "qkd-network", "ait-campaign", "station-arm", "isru-pilot"])
def test_a_mission_without_a_terrain_is_no_surface_mission(name: str) -> None:
    with pytest.raises(PreconditionError, match="NOT_A_SURFACE_MISSION"):
        _ = document_of(name).surface


def test_a_launch_campaign_is_a_surface_mission() -> None:
    assert document_of("launch-campaign").surface.rover.id == "rover"
