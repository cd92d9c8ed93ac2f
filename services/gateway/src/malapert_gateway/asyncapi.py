"""The AsyncAPI document: every event of the platform, on the broker and in the HTTP feed, from the events' registry."""

from functools import cache
from importlib import import_module
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from malapert_core.events.registry import event_types
from malapert_http_models.wire import WireModel
from pydantic.json_schema import models_json_schema

from malapert_gateway.models.event import EventNotice

_SCHEMAS = "#/components/schemas/"
_DESCRIPTION = """
Events are CloudEvents 1.0. On the broker (NATS JetStream, binary mode) attributes are `ce-` headers and the data are
the event's protobuf message, whose JSON form is described here. The HTTP feed `/api/v1/events` tells the same events as
server-sent events to whoever may see them. `Nats-Msg-Id` is `ce-id`: who has seen it need not handle it again.
"""
_HEADERS = {
    "type": "object",
    "required": ["ce-id", "ce-source", "ce-specversion", "ce-type", "ce-time", "ce-visibility"],
    "properties": {
        "ce-id": {"type": "string", "description": "Identifier, unique for ever."},
        "ce-source": {"type": "string", "description": "Who announces it, such as /malapert/planner."},
        "ce-specversion": {"type": "string", "const": "1.0"},
        "ce-type": {"type": "string", "description": "The subject."},
        "ce-time": {"type": "string", "format": "date-time", "description": "When it was decided, UTC."},
        "ce-subject": {"type": "string", "description": "The object it is about."},
        "ce-agencyid": {"type": "string", "description": "The owner."},
        "ce-partyagencyids": {
            "type": "string",
            "description": "Other agencies that may see it as the owner does, separated by commas.",
        },
        "ce-visibility": {"type": "string", "enum": ["public", "mission", "owner"], "description": "Who may see it."},
        "traceparent": {"type": "string", "description": "The trace that caused it (W3C Trace Context)."},
    },
}


def install(app: FastAPI) -> None:
    """Serve the document beside the OpenAPI document."""

    async def document_of_events() -> JSONResponse:
        return JSONResponse(document(app.version))

    app.add_api_route("/asyncapi.json", document_of_events, include_in_schema=False)


@cache
def document(version: str) -> dict[str, Any]:
    """Return the AsyncAPI 3.0 document of a version of the platform."""
    models = {subject: _model_of(subject) for subject in event_types()}
    wanted = [(model, "serialization") for model in (*models.values(), EventNotice)]
    _, definitions = models_json_schema(wanted, ref_template=_SCHEMAS + "{model}")  # type: ignore[arg-type]
    feed = {"address": "/api/v1/events", "title": "Feed over HTTP", "messages": _references(models, "Notice")}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Malapert events",
            "version": version,
            "description": _DESCRIPTION.strip(),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {"feed": feed} | {subject: _channel(subject, model) for subject, model in models.items()},
        "operations": {"tell": _operation("feed")} | {_operation_name(each): _operation(each) for each in models},
        "components": {"messages": _messages(models), "schemas": definitions["$defs"]},
    }


def _model_of(subject: str) -> type[WireModel]:
    descriptor = event_types()[subject].message_class.DESCRIPTOR
    area = descriptor.file.package.split(".")[1]
    model: type[WireModel] = getattr(import_module(f"malapert_http_models.contracts.{area}"), descriptor.name)
    return model


def _channel(subject: str, model: type[WireModel]) -> dict[str, Any]:
    return {"address": subject, "title": model.__doc__, "messages": _references({subject: model})}


def _references(models: dict[str, type[WireModel]], suffix: str = "") -> dict[str, Any]:
    names = [f"{model.__name__}{suffix}" for model in models.values()]
    return {name: {"$ref": f"#/components/messages/{name}"} for name in names}


def _messages(models: dict[str, type[WireModel]]) -> dict[str, Any]:
    messages: dict[str, Any] = {}
    for subject, model in models.items():
        data = {"$ref": _SCHEMAS + model.__name__}
        typed = {"type": "object", "properties": {"type": {"const": subject}, "data": data}}
        common = {"title": model.__doc__, "summary": f"{subject}: {model.__doc__}"}
        messages[model.__name__] = {
            "name": model.__name__,
            **common,
            "contentType": "application/protobuf",
            "headers": _HEADERS,
            "payload": data,
        }
        messages[f"{model.__name__}Notice"] = {
            "name": f"{model.__name__}Notice",
            **common,
            "contentType": "application/json",
            "payload": {"allOf": [{"$ref": _SCHEMAS + EventNotice.__name__}, typed]},
        }
    return messages


def _operation(channel: str) -> dict[str, Any]:
    return {"action": "send", "channel": {"$ref": f"#/channels/{channel}"}}


def _operation_name(subject: str) -> str:
    return "announce." + subject.removeprefix("malapert.")
