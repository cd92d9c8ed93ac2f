import importlib
import math
import pkgutil
from datetime import UTC, datetime
from typing import Any

import malapert_gateway.models
import pytest
from gateway_platform import sample
from google.protobuf.descriptor import FieldDescriptor
from malapert.payload.v1 import request_pb2
from malapert.planner.v1 import mission_pb2, plan_pb2
from malapert.type.v1 import type_pb2
from malapert_core.errors import InternalError
from malapert_gateway.conversion import enum_prefix, model_field_name, to_message, to_model
from malapert_gateway.models.mission import Mission
from malapert_gateway.models.plan import Plan, PlanState
from malapert_gateway.models.prediction import CheckRequests
from malapert_gateway.models.request import (
    ImportRequests,
    NewActivityRequest,
    Relation,
    ReviseRequest,
    SubmitRequests,
)
from malapert_gateway.models.shared import Figure, Interval
from malapert_gateway.models.wire import WireModel
from pydantic import TypeAdapter, ValidationError

# Models of what is handed in: what the path names or the services decide is left out.
PARTIAL = {
    "NewActivityRequest": {"mission_id", "state", "history", "version", "plan_id", "done_count"},
    "ReviseRequest": {"mission_id", "version", "validate_only"},
    "ImportRequests": {"mission_id", "validate_only"},
    "CheckRequests": {"mission_id"},
    "PublishInstrument": {"mission_id", "seen_version", "validate_only"},
    "PublishActivityType": {"mission_id", "seen_version", "validate_only"},
    "NewExecution": {"request_id", "attempt", "plan_id", "agency_id", "reported_time"},
    "RateRequests": {"mission_id"},
    "SubmitRequests": {"mission_id", "validate_only"},
    "CancelRequest": {"mission_id", "request_id", "version"},
    "ReserveContactsRequest": {"idempotency_key"},
    "AddOutageRequest": {"idempotency_key"},
    "RecordKeysRequest": {"idempotency_key"},
    "ReportContactRequest": {"contact_id"},
    "ReviewPlan": {"plan_id"},
    "TerminatePlan": {"plan_id"},
    "ReplanPlan": {"plan_id"},
}


def wire_models() -> list[type[WireModel]]:
    for module in pkgutil.iter_modules(malapert_gateway.models.__path__):
        importlib.import_module(f"malapert_gateway.models.{module.name}")
    return sorted(WireModel.__subclasses__(), key=lambda model: model.__name__)


MODELS = wire_models()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_model_has_the_fields_of_its_message(model: type[WireModel]) -> None:
    wanted = {model_field_name(field) for field in model.message_type.DESCRIPTOR.fields}
    assert set(model.model_fields) == wanted - PARTIAL.get(model.__name__, set())


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_model_has_the_types_of_its_message(model: type[WireModel]) -> None:
    for field in model.message_type.DESCRIPTOR.fields:
        name = model_field_name(field)
        if name not in model.model_fields:
            continue
        schema = _unwrapped(TypeAdapter(model.model_fields[name].annotation).json_schema())
        assert (schema.get("type") == "array") == (field.is_repeated and not _is_map(field)), name
        item = _unwrapped(schema["items"]) if schema.get("type") == "array" else schema
        assert item.get("type") == _json_type(field), name


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_enums_have_the_values_of_the_contract(model: type[WireModel]) -> None:
    for field in model.message_type.DESCRIPTOR.fields:
        if field.enum_type is None or field.name not in model.model_fields:
            continue
        schema = TypeAdapter(model.model_fields[field.name].annotation).json_schema()
        (found,) = [part["enum"] for part in _parts(schema) if "enum" in part]
        prefix = enum_prefix(field.enum_type)
        assert found == [value.name.removeprefix(prefix) for value in field.enum_type.values[1:]]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_is_described_and_every_plain_one_has_an_example(model: type[WireModel]) -> None:
    assert model.__doc__
    for name, field in model.model_fields.items():
        assert field.description, name
        schema = _unwrapped(TypeAdapter(field.annotation).json_schema())
        item = _unwrapped(schema.get("items", schema))
        if "$ref" not in str(schema) and item.get("properties") is None:
            assert field.examples, name


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_translation_there_and_back_loses_nothing(model: type[WireModel]) -> None:
    message: Any = sample(model.message_type())
    if model.__name__ in PARTIAL:
        for name in PARTIAL[model.__name__]:
            message.ClearField(name)
        for inner in _handed_in(getattr(message, "requests", None), getattr(message, "request", None), model):
            for name in PARTIAL["NewActivityRequest"]:
                inner.ClearField(name)
        values = to_json_fields(message, model)
        translated = model.model_validate(values)
    else:
        translated = to_model(message, model)
    back = to_message(translated, model.message_type)
    assert back == message
    again = model.model_validate_json(translated.model_dump_json())
    assert again == translated


def to_json_fields(message: Any, model: type[WireModel]) -> dict[str, Any]:
    from malapert_gateway.conversion import to_values

    values = {name: value for name, value in to_values(message).items() if name in model.model_fields}
    for request in _handed_in(values.get("requests"), values.get("request"), model):
        for name in PARTIAL["NewActivityRequest"]:
            request.pop(name)
    return values


def _handed_in(requests: Any, request: Any, model: type[WireModel]) -> list[Any]:
    if model in (SubmitRequests, ImportRequests, CheckRequests):
        return [requests[0]]
    return [request] if model is ReviseRequest else []


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
    accepted = NewActivityRequest.model_validate(request)
    assert to_message(accepted, request_pb2.ActivityRequest).value == 1.0
    with pytest.raises(ValidationError):
        NewActivityRequest.model_validate(request | change)


def test_enum_name_is_taken_as_text() -> None:
    relation = Relation.model_validate({"kind": "AFTER", "request_id": "a"})
    assert to_message(relation, request_pb2.Relation).kind == request_pb2.RELATION_KIND_AFTER


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def _json_type(field: FieldDescriptor) -> str:
    if field.message_type is not None:
        return "string" if field.message_type.full_name == "google.protobuf.Timestamp" else "object"
    if field.type == FieldDescriptor.TYPE_BYTES:
        return "object" if field.name.endswith("_json") else "string"
    return {
        FieldDescriptor.CPPTYPE_BOOL: "boolean",
        FieldDescriptor.CPPTYPE_UINT32: "integer",
        FieldDescriptor.CPPTYPE_INT32: "integer",
        FieldDescriptor.CPPTYPE_INT64: "integer",
        FieldDescriptor.CPPTYPE_DOUBLE: "number",
        FieldDescriptor.CPPTYPE_FLOAT: "number",
    }.get(field.cpp_type, "string")


def _parts(schema: dict[str, Any]) -> list[dict[str, Any]]:
    nested = [schema, *schema.get("anyOf", []), *schema.get("$defs", {}).values()]
    return [*nested, schema["items"]] if "items" in schema else nested


def _unwrapped(schema: dict[str, Any], definitions: dict[str, Any] | None = None) -> dict[str, Any]:
    definitions = schema.get("$defs", definitions or {})
    if "anyOf" in schema:
        (schema,) = [part for part in schema["anyOf"] if part.get("type") != "null"]
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rsplit("/", 1)[-1]]
    if "items" in schema:
        schema = schema | {"items": _unwrapped(schema["items"], definitions)}
    return schema
