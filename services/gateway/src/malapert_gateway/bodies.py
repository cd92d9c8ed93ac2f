"""Bodies as they are read and answers as they are written: small ones at once, large ones in processes of their own.

Every function here takes and returns what can be sent between processes. What was read apart comes back as a model with
its message ready, so that neither validation nor translation is done again.
"""

import re
from contextvars import ContextVar
from importlib import import_module
from itertools import islice
from typing import Any, TypeVar

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.message import Message
from malapert.payload.v1 import request_pb2
from malapert_core.documents.json_text import read_json
from malapert_core.documents.nodes import MAX_FAULTS, DocumentError
from malapert_core.documents.text import text_faults
from malapert_core.errors import Fault, InvalidInputError
from malapert_http_models.contracts.payload import ImportRequests
from malapert_http_models.wire import WireModel
from pydantic import BaseModel, ValidationError

from malapert_gateway.conversion import to_message, to_model, with_fields
from malapert_gateway.exports.requests_table import read_requests_csv
from malapert_gateway.problems import fault_of

ModelT = TypeVar("ModelT", bound=WireModel)
MessageT = TypeVar("MessageT", bound=Message)

READER_MODULES = (__name__, "malapert_gateway.services.clients", "malapert_gateway.exports.simple_schedule_reading")
"""Modules that the processes load once."""
_PLAIN = re.compile(rb"[\t\n\r\x20-\x5b\x5d-\x7e]*")
"""Pattern of a body without escapes, in ASCII alone: no character in it could be refused."""
_prepared: ContextVar[tuple[BaseModel, bytes] | None] = ContextVar("prepared_message", default=None)


def read_body(body: bytes, checks_text: bool = True) -> Any:
    """Return the plain data of a JSON body.

    Raises
    ------
    InvalidInputError
        ``MALFORMED_JSON`` where it is no JSON (RFC 8259) or too deep, ``INVALID_REQUEST`` where a key is there twice or
        text has control characters.
    """
    try:
        content = read_json(body)
    except DocumentError as error:
        reason = "MALFORMED_JSON" if error.is_malformed else "INVALID_REQUEST"
        faults = [Fault(fault.path or "body", fault.code, fault.message) for fault in error.faults]
        raise InvalidInputError(reason, error.message, faults=faults) from error
    is_checked = checks_text and not _PLAIN.fullmatch(body)
    unclean = list(islice(text_faults(content), MAX_FAULTS)) if is_checked else []
    if unclean:
        faults = [Fault(fault.path or "body", fault.code, fault.message) for fault in unclean]
        raise InvalidInputError("INVALID_REQUEST", "text in the body has control characters", faults=faults)
    return content


def check_body(body: bytes, checks_text: bool) -> None:
    """Raise as `read_body` does; nothing comes back."""
    read_body(body, checks_text=checks_text)


def read_model(model: type[ModelT], body: bytes, checks_text: bool) -> tuple[ModelT, bytes]:
    """Return the model of a JSON body, and its message in the wire's form; empty where it has none.

    Raises
    ------
    InvalidInputError
        As `read_body`, and ``INVALID_REQUEST`` where the body breaks the model.
    """
    try:
        found = model.model_validate(read_body(body, checks_text=checks_text))
    except ValidationError as error:
        items = error.errors(include_url=False, include_input=False, include_context=False)
        faults = [fault_of({**item, "loc": ("body", *item["loc"])}) for item in items]
        raise InvalidInputError("INVALID_REQUEST", "the request breaks its schema", faults=faults) from error
    contract = getattr(model, "contract", "")
    if not contract:
        return found, b""
    message_class = message_factory.GetMessageClass(descriptor_pool.Default().FindMessageTypeByName(contract))
    return found, to_message(found, message_class).SerializeToString()


def read_requests(body: bytes, media_type: str) -> tuple[set[str], bytes]:
    """Return the agencies of a file of requests, and its message in the wire's form; raises as `read_model` does."""
    if media_type == "text/csv":
        found = ImportRequests(requests=read_requests_csv(body))
        message = to_message(found, request_pb2.ImportRequestsRequest).SerializeToString()
    else:
        found, message = read_model(ImportRequests, body, checks_text=True)
    return {item.agency_id for item in found.requests}, message


def written_answer(module: str, model: str, message_name: str, content: bytes) -> bytes:
    """Return a service's message as the JSON of a model."""
    message_class = message_factory.GetMessageClass(descriptor_pool.Default().FindMessageTypeByName(message_name))
    kind: type[WireModel] = getattr(import_module(module), model)
    return to_model(message_class.FromString(content), kind).model_dump_json().encode()


def prepare(model: BaseModel, message: bytes) -> None:
    """Note the message of a model for the rest of the present call."""
    _prepared.set((model, message) if message else None)


def message_of(model: WireModel, message_type: type[MessageT], **fields: Any) -> MessageT:
    """Return the request message of a model as `to_message` does, made already where the body was read apart."""
    prepared, contract = _prepared.get(), getattr(model, "contract", "")
    if prepared is None or prepared[0] is not model or contract != message_type.DESCRIPTOR.full_name:
        return to_message(model, message_type, **fields)
    return with_fields(message_type.FromString(prepared[1]), **fields)
