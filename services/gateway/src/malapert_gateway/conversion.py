"""The one translation between the HTTP models and the services' messages.

Field names are the same on both sides. Enum values lose the prefix that protobuf style asks for (`PLAN_STATE_DRAFT` is
`DRAFT`), an unstated enum value or message is null, times are RFC 3339 in UTC, and a bytes field `<name>_json` is a
JSON value `<name>`. Numbers that JSON cannot hold (NaN, infinities) are refused by the models.
"""

import base64
import json
from collections.abc import Iterable
from typing import Any, TypeVar

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from google.protobuf.message import Message
from malapert_core.errors import InternalError, InvalidInputError
from malapert_http_models.wire import WireModel
from pydantic import ValidationError

ModelT = TypeVar("ModelT", bound=WireModel)
MessageT = TypeVar("MessageT", bound=Message)

_UNSPECIFIED = "UNSPECIFIED"
_JSON_SUFFIX = "_json"


def to_model(message: MessageT, model: type[ModelT]) -> ModelT:
    """Translate a service's message into a model of the API.

    Raises
    ------
    InternalError
        ``INVALID_SERVICE_RESPONSE`` where the message breaks the model, such as by a NaN.
    """
    try:
        return model.model_validate(to_values(message))
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(str(part) for part in fault["loc"])
        raise InternalError(
            "INVALID_SERVICE_RESPONSE", f"a service answered what {model.__name__} does not allow at {path}"
        ) from error


def to_message(model: WireModel, message_type: type[MessageT], **fields: Any) -> MessageT:
    """Translate a model into a request message; `fields` are set on top, such as what the path names.

    Raises
    ------
    InvalidInputError
        ``INVALID_REQUEST`` where a value has no place in the message, such as a text that is not Unicode.
    """
    values = model.model_dump(mode="json", exclude_none=True)
    message = message_type()
    try:
        ParseDict(_message_values(values, message.DESCRIPTOR), message)
    except (ParseError, ValueError) as error:
        raise InvalidInputError("INVALID_REQUEST", f"the request cannot be passed on: {error}") from error
    return with_fields(message, **fields)


def with_fields(message: MessageT, **fields: Any) -> MessageT:
    """Set fields of a message, such as what the path names, and return it."""
    for name, value in fields.items():
        if isinstance(value, Message):
            getattr(message, name).CopyFrom(value)
        elif isinstance(value, list):
            getattr(message, name).extend(value)
        else:
            setattr(message, name, value)
    return message


def to_values(message: Message) -> dict[str, Any]:
    """Translate a message into JSON values by the same rules, without a model."""
    values = MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    return _model_values(values, message.DESCRIPTOR)


def enum_number(enum: EnumDescriptor, name: str) -> Any:
    """Return the contract's number of an enum value by its name in the API."""
    return enum.values_by_name[enum_prefix(enum) + name].number


def enum_numbers(enum: EnumDescriptor, names: Iterable[str] | None) -> list[Any]:
    """Return the contract's numbers of enum values by their names in the API; none of them where there are none."""
    return [enum_number(enum, name) for name in names or ()]


def model_field_name(field: FieldDescriptor) -> str:
    """Return the name in the API of a field of a message."""
    if field.type == FieldDescriptor.TYPE_BYTES and field.name.endswith(_JSON_SUFFIX):
        return field.name.removesuffix(_JSON_SUFFIX)
    return str(field.name)


def enum_prefix(enum: EnumDescriptor) -> str:
    """Return the prefix that every value of an enum carries in the contract."""
    return str(enum.values[0].name).removesuffix(_UNSPECIFIED)


def _model_values(values: dict[str, Any], descriptor: Any) -> dict[str, Any]:
    return {
        model_field_name(field): _each(field, values[field.name], _model_value)
        for field in descriptor.fields
        if field.name in values
    }


def _message_values(values: dict[str, Any], descriptor: Any) -> dict[str, Any]:
    return {
        field.name: _each(field, values[model_field_name(field)], _message_value)
        for field in descriptor.fields
        if model_field_name(field) in values
    }


def _each(field: FieldDescriptor, value: Any, translate: Any) -> Any:
    if _is_map(field) or not isinstance(value, list):
        return translate(field, value)
    return [translate(field, item) for item in value]


def _model_value(field: FieldDescriptor, value: Any) -> Any:
    if field.enum_type is not None:
        name = str(value).removeprefix(enum_prefix(field.enum_type))
        return None if name == _UNSPECIFIED else name
    if model_field_name(field) != field.name:
        return json.loads(base64.b64decode(value)) if value else None
    return _model_values(value, field.message_type) if _is_plain_message(field) else value


def _message_value(field: FieldDescriptor, value: Any) -> Any:
    if field.enum_type is not None:
        return enum_prefix(field.enum_type) + value
    if model_field_name(field) != field.name:
        return base64.b64encode(json.dumps(value).encode()).decode()
    return _message_values(value, field.message_type) if _is_plain_message(field) else value


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and bool(field.message_type.GetOptions().map_entry)


def _is_plain_message(field: FieldDescriptor) -> bool:
    # A Timestamp is text in JSON, a map has no field names.
    return (
        field.message_type is not None
        and not _is_map(field)
        and not field.message_type.full_name.startswith("google.protobuf.")
    )
