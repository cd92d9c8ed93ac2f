"""The OpenAPI document: what FastAPI derives, and what holds for every call."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from malapert_gateway import problems
from malapert_gateway.models.problem import Problem

DESCRIPTION = """
Plans surface missions at the lunar poles: landing sites, windows of light and contact, requests of the agencies,
plans with their proof, review and release.

Every call carries `Authorization: Bearer mlp_…`; the page carries the cookie of its session instead, and with a change
its token in `X-CSRF-Token`. A refusal is `application/problem+json` (RFC 9457) with a `reason`
that never changes, every fault of the input, and a `traceId`. Long work answers 202 with an operation; follow it at
`/operations/{id}/events`. A call that changes something may carry an `Idempotency-Key`: sent again it is not done
again. Times are RFC 3339 in UTC, units are in the names.
"""

TAGS: list[dict[str, Any]] = [
    {"name": "missions", "description": "Mission documents, versioned."},
    {"name": "terrain", "description": "Digital elevation models, stacks of them, maps."},
    {"name": "products", "description": "Layers of terrain, light and shadow as files and map tiles; light over time."},
    {"name": "sites", "description": "Landing sites, skylines, waypoints, routes."},
    {"name": "stations", "description": "Ground stations and their outages."},
    {"name": "windows", "description": "Windows of light, Earth visibility, contact, relays and optical links."},
    {"name": "orbiters", "description": "Orbiters, and the keys that agencies share over their links."},
    {"name": "contacts", "description": "The contact book."},
    {"name": "agreements", "description": "Antenna hours that agencies give to each other."},
    {"name": "exchange", "description": "Files of schedules, windows, planning events, orbits and tracking data."},
    {"name": "requests", "description": "Instruments, activity types, and what the teams ask for."},
    {"name": "plans", "description": "Plans, their review, release and export."},
    {"name": "operations", "description": "Long work and its progress."},
    {"name": "audit", "description": "Who changed what, for which agency, in chains that can be verified."},
    {"name": "events", "description": "The feed of the platform's events."},
    {"name": "keys", "description": "Keys of agencies."},
    {"name": "sessions", "description": "Sessions of the page: a link made by a key opens one."},
    {"name": "agencies", "description": "Agencies of the installation and their public keys."},
    {"name": "health", "description": "Whether the platform is ready."},
]

_ALWAYS = (401, 403, 404, 422, 429, 431, 500, 502, 503, 504)
_WITH_BODY = (400, 409, 412, 413, 415)
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Any unique text. The same call sent again with it gets the first answer again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}


def install(app: FastAPI) -> None:
    """Let an application describe itself."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        routes=app.routes,
        tags=app.openapi_tags,
        license_info=app.license_info,
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs", {}) | {"Problem": problem}
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["securitySchemes"] = {
        "agencyKey": {"type": "http", "scheme": "bearer", "description": "A key of an agency: `mlp_<id>_<secret>`."}
    }
    for method, operation in _guarded_operations(document):
        _complete(method, operation)
        _state_streams_as_text(operation)
    return document


def _state_streams_as_text(operation: Mapping[str, Any]) -> None:
    # FastAPI says what the items of a stream are in words of OpenAPI 3.2, which 3.1 does not have.
    for media_type, content in operation["responses"].get("200", {}).get("content", {}).items():
        if content.pop("itemSchema", None) is not None:
            content["schema"] = {"type": "string", "contentMediaType": media_type}


def _guarded_operations(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        if path.startswith("/api/"):
            yield from methods.items()


def _complete(method: str, operation: dict[str, Any]) -> None:
    operation["security"] = [{"agencyKey": []}]
    statuses: tuple[int, ...] = _ALWAYS
    if method in ("post", "put", "delete"):
        statuses += _WITH_BODY
        operation.setdefault("parameters", []).append(
            _IDEMPOTENCY_KEY | {"example": f"{operation['operationId']}-7d0f6f5e"}
        )
    for status in sorted(statuses):
        operation["responses"][str(status)] = {
            "description": HTTPStatus(status).phrase,
            "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
