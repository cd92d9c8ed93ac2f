"""The registry of events, held against the text of the contracts."""

import re
from pathlib import Path

import pytest
from malapert.operation.v1 import operation_pb2
from malapert.payload.v1 import event_pb2 as payload_event_pb2
from malapert.planner.v1 import event_pb2
from malapert_core.events.event import Event
from malapert_core.events.registry import event_types, message_of, subject_of
from malapert_core.events.streams import AREAS
from malapert_core.policy.audience import Visibility
from malapert_core.timestamps import utc_now

PROTO = Path(__file__).parents[3] / "proto" / "malapert"
STATED = re.compile(r'message (\w+) \{\s+option \(malapert\.type\.v1\.event_subject\) = "([\w.]+)";')


def event(subject: str, data: bytes = b"") -> Event:
    return Event("e-1", subject, "/malapert/test", utc_now(), "x", "", Visibility.PUBLIC, data)


def test_every_subject_in_the_contracts_is_found_with_its_message() -> None:
    stated = {
        subject: f"malapert.{path.parent.parent.name}.v1.{name}"
        for path in PROTO.rglob("*.proto")
        for name, subject in STATED.findall(path.read_text())
    }
    assert {kind.subject: kind.message_class.DESCRIPTOR.full_name for kind in event_types().values()} == stated
    assert {kind.area for kind in event_types().values()} == set(AREAS)


def test_a_subject_belongs_to_the_area_that_states_it_and_says_what_its_message_is_called() -> None:
    for subject, kind in event_types().items():
        package, entity, participle = subject.rsplit(".", 2)
        name = "".join(word.capitalize() for word in f"{entity}_{participle}".split("_"))
        assert kind.message_class.DESCRIPTOR.full_name == f"{package}.{name}"


def test_messages_and_subjects_lead_to_each_other() -> None:
    released = event_pb2.PlanReleased(plan=event_pb2.PlanSummary(plan_id="p-1"))
    assert subject_of(released) == subject_of(event_pb2.PlanReleased) == "malapert.planner.v1.plan.released"
    assert message_of(event(subject_of(released), released.SerializeToString())) == released
    assert subject_of(payload_event_pb2.ActivityTypePublished) == "malapert.payload.v1.activity_type.published"


def test_what_is_no_event_has_no_subject_and_an_unknown_one_no_message() -> None:
    with pytest.raises(ValueError, match=r"malapert\.operation\.v1\.Operation states no event_subject"):
        subject_of(operation_pb2.Operation())
    assert message_of(event("malapert.planner.v1.plan.forgotten")) is None
    assert message_of(event("malapert.planner.v1.plan.released", b"\xff")) is None
