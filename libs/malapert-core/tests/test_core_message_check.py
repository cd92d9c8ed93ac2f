"""The door of gRPC calls: identifiers as they are kept, and faults that are bounded."""

import time

import pytest
from google.protobuf.message import Message
from malapert.comms_window.v1 import contact_pb2, orbiter_pb2
from malapert.payload.v1 import catalogue_pb2, request_pb2, resource_pb2
from malapert.planner.v1 import plan_pb2
from malapert.type.v1 import type_pb2
from malapert_core.errors import ExhaustedError, Fault, InvalidInputError
from malapert_core.rpc.message_check import MOST_PARTS, check_message


@pytest.mark.parametrize("identifier", [" lupex", "lupex ", "\u00a0lupex", "lupex\u2003"])
def test_identifiers_have_no_blanks_around_them_at_any_depth(identifier: str) -> None:
    item = plan_pb2.ImportedItem(activity_id="a", place_id=identifier)
    message = plan_pb2.ImportPlanRequest(plan_id=identifier, items=[item])
    with pytest.raises(InvalidInputError) as refused:
        check_message(message)
    assert [(fault.path, fault.code) for fault in refused.value.faults] == [
        ("plan_id", "BLANKS"),
        ("items[0].place_id", "BLANKS"),
    ]


def test_blanks_within_identifiers_and_around_other_text_are_taken() -> None:
    check_message(contact_pb2.ListContactsRequest(station_id="deep space 14"))
    check_message(plan_pb2.PlannedActivity(title=" drill "))


@pytest.mark.parametrize(
    ("message", "path"),
    [
        (orbiter_pb2.RegisterOrbiterRequest(name="  "), "name"),
        (plan_pb2.Plan(activities=[plan_pb2.PlannedActivity(title="\u00a0\u2003")]), "activities[0].title"),
    ],
)
def test_names_and_titles_are_more_than_blanks(message: Message, path: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        check_message(message)
    assert [(fault.path, fault.code) for fault in refused.value.faults] == [(path, "BLANKS")]


def test_faults_of_endless_keys_are_bounded() -> None:
    fault = Fault("x" * 70_000, "UNKNOWN_FIELD", "y" * 70_000)
    assert len(fault.path) <= 500
    assert len(fault.message) <= 4000


@pytest.mark.parametrize(
    ("message", "path", "code"),
    [
        (plan_pb2.ImportPlanRequest(plan_id="p" * 201), "plan_id", "TOO_LONG"),
        (request_pb2.CancelRequestRequest(reason="r" * 4001), "reason", "TOO_LONG"),
        (catalogue_pb2.PublishInstrumentRequest(reason="n" * 1_000_000), "reason", "TOO_LONG"),
        (
            catalogue_pb2.ImportCatalogueRequest(
                resources=[resource_pb2.Resource(capacity=type_pb2.Figure(unit="kg*" * 11_000))]
            ),
            "resources[0].capacity.unit",
            "TOO_LONG",
        ),
        (type_pb2.PageRequest(page_token="t" * 2001), "page_token", "TOO_LONG"),
        (orbiter_pb2.ExportOrbiterRequest(step_s=1e300), "step_s", "TOO_LONG_DURATION"),
        (orbiter_pb2.ExportOrbiterRequest(step_s=-float("inf")), "step_s", "TOO_LONG_DURATION"),
    ],
)
def test_text_and_durations_are_bounded_at_any_depth(message: Message, path: str, code: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        check_message(message)
    assert [(fault.path, fault.code) for fault in refused.value.faults] == [(path, code)]
    assert len(refused.value.faults[0].message) < 300


def test_the_parts_of_a_request_are_counted_before_they_are_looked_at() -> None:
    requests = [request_pb2.ActivityRequest() for _ in range(MOST_PARTS + 1)]
    began_s = time.thread_time()
    with pytest.raises(ExhaustedError, match="TOO_MANY_PARTS"):
        check_message(request_pb2.CheckRequestsRequest(requests=requests))
    assert time.thread_time() - began_s < 1.0
