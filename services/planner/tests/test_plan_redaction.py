"""What agencies see of a plan in which one keeps items to itself, and that what they see proves itself."""

import json
from itertools import pairwise

import pytest
from google.protobuf.json_format import MessageToDict, MessageToJson
from malapert.planner.v1 import plan_pb2, replan_pb2
from malapert.type.v1 import type_pb2
from malapert_core.policy.identity import Role, service_identity
from malapert_core.signing.opening import open_copy
from malapert_planner.domain.problem.spans import Span
from malapert_planner.services.sharing.plan_eyes import PlanEyes, eyes_of, owner_only_requests
from malapert_planner.services.sharing.plan_parts import items_of, sealed_plan
from malapert_planner.services.sharing.redaction import (
    redacted_copy,
    redacted_explanation,
    redacted_headline,
    redacted_notices,
    redacted_plan,
    redacted_report,
)
from shared_plan import CHARTER, HIDDEN_WORDS, NOW, SECRET, identity, shared_plan

OTHERS = ("JAXA", "ESA", "NASA")


def eyes(agency_id: str, role: Role = Role.PLANNER) -> PlanEyes:
    return eyes_of(identity(agency_id, role), CHARTER, NOW, shared_plan())


def words_in(text: str) -> list[str]:
    return [word for word in HIDDEN_WORDS if word in text]


@pytest.mark.parametrize("agency_id", OTHERS)
@pytest.mark.parametrize("role", [Role.VIEWER, Role.PLANNER, Role.APPROVER, Role.OPERATOR])
def test_nothing_of_an_owner_only_item_is_told_to_others(agency_id: str, role: Role) -> None:
    seen = eyes(agency_id, role)
    assert words_in(MessageToJson(redacted_plan(shared_plan(), seen))) == []
    assert words_in(json.dumps(redacted_copy(shared_plan(), SECRET, seen)[1])) == []
    assert words_in(MessageToJson(redacted_headline(shared_headline(), seen))) == []


def shared_headline() -> plan_pb2.Plan:
    plan = shared_plan()
    return plan_pb2.Plan(
        mission_id="lupex", objective=plan.objective, problem_hash=plan.problem_hash, replan=plan.replan
    )


def test_others_see_that_something_is_busy_where_and_with_what_of_the_mission() -> None:
    whole, seen = shared_plan(), redacted_plan(shared_plan(), eyes("JAXA"))
    busy = seen.activities[1]
    assert MessageToDict(busy, preserving_proto_field_name=True) == {
        "activity_id": "busy/1", "is_busy": True, "title": "Busy", "resource_ids": ["arm"],
        "kind": "PLANNED_ACTIVITY_KIND_REQUESTED", "asset_id": "rover",
        "interval": MessageToDict(whole.activities[1].interval, preserving_proto_field_name=True), "place_id": "ridge",
        "mission_resource_ids": ["arm"],
    }  # fmt: skip
    assert [seen.activities[0], seen.activities[2]] == [whole.activities[0], whole.activities[2]]
    assert list(seen.contacts) == list(whole.contacts)
    change = seen.changes[0]
    assert (change.is_busy, change.kind) == (True, replan_pb2.CHANGE_KIND_MOVED)
    assert (change.before, change.after) == (whole.changes[0].before, whole.changes[0].after)
    assert seen.changes[1].item_id == "map-b/0/map"
    assert seen.is_redacted


def test_what_others_see_of_the_rest() -> None:
    seen = redacted_plan(shared_plan(), eyes("JAXA"))
    assert [item.request_id for item in seen.unplanned] == ["map-b", "map-c"]
    assert seen.unplanned[0].reason == "DISPLACED"
    assert "not shown" in seen.unplanned[0].explanation
    assert seen.unplanned[1].explanation == "14 Wh under its floor"
    assert [profile.resource_id for profile in seen.profiles] == ["battery_wh", "bits", "arms"]
    assert [list(profile.request_ids) for profile in seen.profiles] == [[], [], ["drill-a"]]
    assert MessageToDict(seen.objective) == {"gap": 0.02, "isWithheld": True}
    assert [record.kind for record in seen.provenance.inputs] == ["terrain"]
    assert list(seen.provenance.notes) == ["Synthetic detail below 1600 m"]
    assert [event.WhichOneof("event") for event in seen.replan.events] == ["array_power"]
    assert (seen.problem_hash, seen.window_set_id, seen.replan.base_plan_id) == ("", "windows-1", "plan-0")


@pytest.mark.parametrize("seer", [identity("ISRO", Role.VIEWER), service_identity("payload")])
def test_the_owner_and_services_see_the_whole(seer: object) -> None:
    seen = eyes_of(seer, CHARTER, NOW, shared_plan())  # type: ignore[arg-type]
    assert redacted_plan(shared_plan(), seen) == shared_plan()
    opened = open_copy(redacted_copy(shared_plan(), SECRET, seen)[1])
    assert opened.closed_count == 0
    assert not any(entry.withheld for entry in opened.entries)


def test_an_item_is_of_its_owner_alone_whatever_part_another_agency_has() -> None:
    assert owner_only_requests(shared_plan()) == {"secret-dig": "ISRO", "dark-look": "ISRO"}
    assert eyes("JAXA").hidden_request_ids == {"secret-dig", "dark-look"}
    assert eyes("ISRO").see_all


@pytest.mark.parametrize("agency_id", [*OTHERS, "ISRO"])
def test_every_copy_has_the_content_hash_of_the_whole(agency_id: str) -> None:
    content_hash, copy = redacted_copy(shared_plan(), SECRET, eyes(agency_id))
    assert content_hash == sealed_plan(shared_plan(), SECRET)[0].content_hash
    assert open_copy(json.loads(json.dumps(copy))).content_hash == content_hash
    busy = next(entry for entry in copy if entry.get("section") == "activities" and entry["index"] == 1)
    assert ("content" in busy["parts"]["private"]) == (agency_id == "ISRO")
    busy["parts"]["busy"]["content"]["place_id"] = "haven"
    assert open_copy(copy).content_hash != content_hash


def test_a_redacted_plan_shows_what_its_copy_proves() -> None:
    for agency_id in (*OTHERS, "ISRO"):
        plan = redacted_plan(shared_plan(), eyes(agency_id))
        shown = {
            json.dumps(part, sort_keys=True) for item in items_of(plan) for part in map(_json, item.parts.values())
        }
        for entry in open_copy(redacted_copy(shared_plan(), SECRET, eyes(agency_id))[1]).entries:
            if entry.section in ("contacts", "profiles", "notes", "events", "mission", "validation"):
                assert json.dumps(entry.parts["content"], sort_keys=True) in shown


def _json(message: object) -> object:
    return MessageToDict(message, preserving_proto_field_name=True)  # type: ignore[arg-type]


def test_the_number_of_what_is_left_out_is_not_told() -> None:
    more = shared_plan()
    more.unplanned.add(request_id="x", agency_id="ISRO", title="X", visibility=type_pb2.VISIBILITY_OWNER)
    counts = [len(redacted_copy(plan, SECRET, eyes("NASA"))[1]) for plan in (shared_plan(), more)]
    assert counts[0] == counts[1]


def test_the_content_hash_is_of_the_content_the_mission_and_nothing_that_another_run_makes_anew() -> None:
    first = sealed_plan(shared_plan(), SECRET)[0].content_hash
    again = shared_plan()
    again.window_set_id, again.replan.base_plan_id = "windows-2", "plan-9"
    again.provenance.created_time.FromJsonString("2029-01-11T00:00:00Z")
    again.stage_times.add(name="solve", elapsed_s=3.0)
    assert sealed_plan(again, SECRET)[0].content_hash == first
    assert sealed_plan(again, b"another secret of another mission")[0].content_hash != first
    again.activities[0].value += 1
    assert sealed_plan(again, SECRET)[0].content_hash != first


def test_two_plans_do_not_tell_that_they_share_a_hidden_item() -> None:
    other = shared_plan()
    other.problem_hash = "sha256:other"
    leaves = [
        {entry["leaf"] for entry in redacted_copy(plan, SECRET, eyes("JAXA"))[1] if "leaf" in entry}
        for plan in (shared_plan(), other)
    ]
    assert not leaves[0] & leaves[1]


def test_reports_explanations_and_notices_name_nothing_hidden() -> None:
    report = plan_pb2.ValidationReport(violations=[
        plan_pb2.Violation(rule_id="LATE", object_ids=["secret-dig/0/dig"], message="secret-dig is late", amount=3.0),
        plan_pb2.Violation(rule_id="LATE", object_ids=["drill-a/0/drill"], message="drill-a is late"),
    ])  # fmt: skip
    seen = redacted_report(report, eyes("JAXA"))
    assert words_in(MessageToJson(seen)) == []
    assert [(item.rule_id, item.amount) for item in seen.violations] == [("LATE", 3.0), ("LATE", 0.0)]
    assert seen.violations[1] == report.violations[1]
    why = plan_pb2.ExplainUnplannedResponse(
        unplanned=shared_plan().unplanned[1], rules=["battery"], requests=["drill-a", "secret-dig"],
        admissions=[
            plan_pb2.Admission(kind="WITHOUT_REQUESTS", subject="secret-dig", text="without secret-dig it would fit"),
            plan_pb2.Admission(kind="LOWER_FLOOR", subject="battery", text="with a lower floor it would fit"),
        ],
    )  # fmt: skip
    told = redacted_explanation(why, eyes("ESA"))
    assert words_in(MessageToJson(told)) == []
    assert [item.kind for item in told.admissions] == ["LOWER_FLOOR"]
    notices = [plan_pb2.PlanNotice(request_id=name) for name in ("drill-a", "secret-dig", "dark-look")]
    assert [notice.request_id for notice in redacted_notices(notices, eyes("JAXA"))] == ["drill-a"]
    assert redacted_notices(notices, eyes("ISRO")) == notices


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("secret-dig", True), ("choice:secret-dig", True), ("secret-dig/0/dig, x", True), ("(Secret trench)", True),
        ("secret-diger", False), ("my-secret-dig", False), ("drill-a", False), ("", False), ("spectro-x.", True),
    ],
)  # fmt: skip
def test_a_name_is_found_where_it_stands_alone(text: str, told: bool) -> None:
    assert eyes("JAXA").mention(text) == told


def test_items_are_in_the_order_in_which_they_are_sealed() -> None:
    sections = [item.section for item in items_of(shared_plan())]
    spans: list[Span] = [(sections.index(name), len(sections) - sections[::-1].index(name)) for name in set(sections)]
    assert all(before[1] == after[0] for before, after in pairwise(sorted(spans)))
