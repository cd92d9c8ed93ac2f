import importlib
import math
import pkgutil
from datetime import UTC, datetime
from typing import Any

import malapert
import pytest
from gateway_platform import sample
from google.protobuf.descriptor import Descriptor, FieldDescriptor, FileDescriptor
from google.protobuf.message_factory import GetMessageClass
from malapert.payload.v1 import request_pb2
from malapert.planner.v1 import mission_pb2, plan_pb2
from malapert.type.v1 import http_pb2, type_pb2
from malapert_core.errors import InternalError
from malapert_gateway.conversion import model_field_name, to_message, to_model, to_values
from malapert_http_models.contracts.payload import NewActivityRequest, Relation
from malapert_http_models.contracts.planner import Mission, Plan, PlanState
from malapert_http_models.contracts.vocabulary import Figure, Interval
from malapert_http_models.wire import WireModel
from pydantic import ValidationError


def contract_files() -> list[FileDescriptor]:
    modules = pkgutil.walk_packages(malapert.__path__, "malapert.")
    return [importlib.import_module(name).DESCRIPTOR for _, name, _ in modules if name.endswith("_pb2")]


MESSAGES = [message for file in contract_files() for message in file.message_types_by_name.values()]


def incoming() -> set[str]:
    services = [service for file in contract_files() for service in file.services_by_name.values()]
    waiting, found = [method.input_type for service in services for method in service.methods], set()
    while waiting:
        message = waiting.pop()
        if message.full_name not in found:
            found.add(message.full_name)
            waiting += [
                part for field in message.fields if _is_ours(field) and (part := field.message_type) is not None
            ]
    return found


def models_of(message: Descriptor) -> tuple[type[WireModel] | None, type[WireModel] | None]:
    """Return the models of what goes out of a message and of what comes in, None where nothing does."""
    area = message.file.package.split(".")[1]
    module = importlib.import_module(f"malapert_http_models.contracts.{'vocabulary' if area == 'type' else area}")
    name = message.GetOptions().Extensions[http_pb2.schema_name] or message.name
    model: type[WireModel] = getattr(module, name)
    if message.full_name not in incoming():
        return model, None
    if not has_more_than_comes_in(message):
        return model, model
    return (model, getattr(module, f"New{name}")) if hasattr(module, f"New{name}") else (None, model)


def has_more_than_comes_in(message: Descriptor) -> bool:
    parts = [field.message_type for field in message.fields if _is_ours(field)]
    return any(map(stays_outside, message.fields)) or any(map(has_more_than_comes_in, parts))


def stays_outside(field: FieldDescriptor) -> bool:
    options = field.GetOptions().Extensions
    return bool(options[http_pb2.output_only] or options[http_pb2.beside_body])


def handed_in(message: Any) -> Any:
    """Take what a call does not hand in out of a message."""
    for field, value in message.ListFields():
        if stays_outside(field):
            message.ClearField(field.name)
        elif _is_ours(field):
            for part in value if field.is_repeated else [value]:
                handed_in(part)
    return message


def values_handed_in(values: dict[str, Any], descriptor: Descriptor) -> dict[str, Any]:
    """Return the values of a message without those that a call does not hand in."""

    def inside(field: FieldDescriptor, value: Any) -> Any:
        if value is None or not _is_ours(field):
            return value
        items = [values_handed_in(item, field.message_type) for item in (value if field.is_repeated else [value])]
        return items if field.is_repeated else items[0]

    given = {model_field_name(field): field for field in descriptor.fields if not stays_outside(field)}
    return {name: inside(field, values[name]) for name, field in given.items() if name in values}


@pytest.mark.parametrize("descriptor", MESSAGES, ids=lambda message: message.full_name)
def test_translation_there_and_back_loses_nothing(descriptor: Descriptor) -> None:
    message: Any = sample(GetMessageClass(descriptor)())
    goes_out, comes_in = models_of(descriptor)
    if goes_out is not None:
        translated = to_model(message, goes_out)
        assert to_message(translated, type(message)) == message
        assert goes_out.model_validate_json(translated.model_dump_json()) == translated
    if comes_in is not None:
        given = handed_in(message)
        taken = comes_in.model_validate(values_handed_in(to_values(given), descriptor))
        assert to_message(taken, type(given)) == given


def test_enum_loses_its_prefix_and_unstated_is_null() -> None:
    plan = to_model(plan_pb2.Plan(state=plan_pb2.PLAN_STATE_DRAFT), Plan)
    assert plan.state is PlanState.DRAFT
    assert plan.status is None
    assert plan.site is None
    assert plan.created_time is None


def test_optional_number_is_null_only_where_unset() -> None:
    plan = plan_pb2.Plan(state=plan_pb2.PLAN_STATE_DRAFT)
    plan.profiles.add(resource_id="battery_wh", floor=0.0)
    profile = to_model(plan, Plan).profiles[0]
    assert (profile.floor, profile.capacity) == (0.0, None)


def test_mission_document_is_a_json_object() -> None:
    mission = to_model(mission_pb2.Mission(mission_id="m", document_json=b'{"a": [1, 2.5, null]}'), Mission)
    assert mission.document == {"a": [1, 2.5, None]}
    assert to_model(mission_pb2.Mission(mission_id="m"), Mission).document is None


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_number_that_json_cannot_hold_is_refused(value: float) -> None:
    with pytest.raises(InternalError) as raised:
        to_model(type_pb2.Figure(value=value, unit="W"), Figure)
    assert raised.value.reason == "INVALID_SERVICE_RESPONSE"


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2029-01-10T00:00:00Z", datetime(2029, 1, 10, tzinfo=UTC)),
        ("2029-01-10T09:00:00.25+09:00", datetime(2029, 1, 10, microsecond=250000, tzinfo=UTC)),
    ],
)
def test_time_goes_through_in_utc(text: str, utc: datetime) -> None:
    span = Interval.model_validate({"start_time": text, "end_time": "2029-01-11T00:00:00Z"})
    assert span.start_time == utc
    assert to_message(span, type_pb2.Interval).start_time.ToDatetime(tzinfo=UTC) == utc
    assert span.model_dump(mode="json")["start_time"].endswith("Z")


@pytest.mark.parametrize(
    "value", [1_862_000_000, "2029-01-10T00:00:00", "2029-01-10", "0001-01-01T00:00:00+14:00", True, None, "x"]
)
def test_what_is_no_instant_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        Interval.model_validate({"start_time": value, "end_time": "2029-01-11T00:00:00Z"})


@pytest.mark.parametrize(
    "change",
    [
        {"value": True},
        {"value": "4"},
        {"mandatory": 1},
        {"unknown": 1},
        {"state": "ACCEPTED"},
        {"visibility": "VISIBILITY_PUBLIC"},
        {"visibility": 1},
    ],
)
def test_a_strict_model_converts_nothing_silently(change: dict[str, object]) -> None:
    request = {"request_id": "a", "title": "A", "activity_type_id": "t", "agency_id": "JAXA", "value": 1}
    request |= {"visibility": "PUBLIC"}
    accepted = NewActivityRequest.model_validate(request)
    assert to_message(accepted, request_pb2.ActivityRequest).value == 1.0
    with pytest.raises(ValidationError):
        NewActivityRequest.model_validate(request | change)


def test_enum_name_is_taken_as_text() -> None:
    relation = Relation.model_validate({"kind": "AFTER", "request_id": "a"})
    assert to_message(relation, request_pb2.Relation).kind == request_pb2.RELATION_KIND_AFTER


def _is_ours(field: FieldDescriptor) -> bool:
    part = field.message_type
    return part is not None and not part.GetOptions().map_entry and part.full_name.startswith("malapert.")
