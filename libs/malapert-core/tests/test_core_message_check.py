"""The door of gRPC calls: identifiers as they are kept, and faults that are bounded."""

import pytest
from malapert.comms_window.v1 import contact_pb2
from malapert.planner.v1 import plan_pb2
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.rpc.message_check import check_message


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


def test_faults_of_endless_keys_are_bounded() -> None:
    fault = Fault("x" * 70_000, "UNKNOWN_FIELD", "y" * 70_000)
    assert len(fault.path) <= 500
    assert len(fault.message) <= 4000
