"""Requests as files: many taken at once, and written out so that they can be taken again."""

import asyncio
import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from malapert.payload.v1 import request_pb2
from malapert.type.v1 import type_pb2
from malapert_core.errors import ExhaustedError
from malapert_core.policy.identity import Identity
from malapert_core.reading_processes import QUICK_BYTES
from malapert_http_models.contracts.payload import ImportedRequests, NewActivityRequest, RequestState
from malapert_http_models.contracts.vocabulary import Visibility

from malapert_gateway import policy
from malapert_gateway.bodies import read_requests
from malapert_gateway.config import GatewaySettings
from malapert_gateway.conversion import enum_numbers, to_values
from malapert_gateway.examples import REQUESTS, REQUESTS_CSV
from malapert_gateway.exports.requests_table import MOST_ROWS, requests_csv
from malapert_gateway.routes.files import require_agency_of
from malapert_gateway.routes.guarded import GuardedRoute
from malapert_gateway.routes.headers import media_type_of
from malapert_gateway.routes.parameters import CallerIdentity, GatewayParts, MissionId, ValidateOnly, only, only_these
from malapert_gateway.services.gateway import Gateway

_PAGE = 1000
_NEW_FIELDS = frozenset(NewActivityRequest.model_fields)


class RequestFormat(StrEnum):
    """A file format of requests."""

    JSON = "json"
    CSV = "csv"


class FileRoute(GuardedRoute):
    """A route that takes a file of requests."""

    media_types = ("application/json", "text/csv")

    async def content(self, gateway: Gateway, identity: Identity, body: bytes) -> Any:
        """Return nothing: the route reads the file itself."""
        return None

    def most_bytes(self, settings: GatewaySettings) -> int:
        """Return how long a file of requests may be."""
        return settings.max_import_bytes


router = APIRouter(prefix="/missions/{mission_id}", tags=["requests"], route_class=GuardedRoute)
import_router = APIRouter(prefix="/missions/{mission_id}", tags=["requests"], route_class=FileRoute)

_TEXT = {"schema": {"type": "string"}}
_FILES = {
    200: {
        "description": "The file.",
        "content": {"application/json": {"schema": {"type": "object"}}, "text/csv": _TEXT},
        "headers": {"Content-Disposition": {"description": "A name for the file.", "schema": {"type": "string"}}},
    }
}
_BODY = {
    "requestBody": {
        "required": True,
        "description": "Requests as JSON (`requests`, and `reason` where there is one), or as a table with a header.",
        "content": {
            "application/json": {"schema": {"type": "object"}, "example": REQUESTS},
            "text/csv": {"schema": {"type": "string"}, "example": REQUESTS_CSV},
        },
    }
}


@import_router.post("/requests:import", openapi_extra=_BODY)
async def import_requests(
    mission_id: MissionId,
    request: Request,
    gateway: GatewayParts,
    identity: CallerIdentity,
    validate_only: ValidateOnly = False,
) -> ImportedRequests:
    """Take a file of requests, all or none: new ones are submitted, changed ones revised, the same left as they are."""
    content, media_type = await request.body(), media_type_of(request)
    if len(content) <= QUICK_BYTES:
        agencies, packed = read_requests(content, media_type)
    else:
        agencies, packed = await gateway.reading.run(identity.agency_id, read_requests, content, media_type)
    policy.require_agency("import_requests", identity, agencies or {identity.agency_id})
    message = request_pb2.ImportRequestsRequest.FromString(packed)
    message.mission_id, message.validate_only = mission_id, validate_only
    return await gateway.answer(await gateway.call(gateway.services.requests.ImportRequests, message), ImportedRequests)


@router.get("/requests:export", response_class=Response, responses=_FILES)  # type: ignore[arg-type]
async def export_requests(
    mission_id: MissionId,
    gateway: GatewayParts,
    format: Annotated[RequestFormat, Query(description="The file's format.")] = RequestFormat.JSON,  # noqa: A002
    states: Annotated[list[RequestState] | None, only_these("these states")] = None,
    visibilities: Annotated[list[Visibility] | None, only_these("those that these may see")] = None,
    agency_id: Annotated[str, only("agency", "JAXA")] = "",
) -> Response:
    """Return the requests of a mission that the caller may see as a file that can be imported again.

    In a table, a text that a spreadsheet would take for a formula has an apostrophe before it; an import takes it away.
    """
    wanted = request_pb2.ListRequestsRequest(
        mission_id=mission_id,
        states=enum_numbers(request_pb2.RequestState.DESCRIPTOR, states),
        visibilities=enum_numbers(type_pb2.Visibility.DESCRIPTOR, visibilities),
        agency_id=agency_id,
    )
    if agency_id:
        await require_agency_of(gateway, agency_id, mission_id)
    content = await asyncio.to_thread(_written, await _all_requests(gateway, wanted), format)
    media_type = "text/csv; charset=utf-8" if format is RequestFormat.CSV else "application/json"
    name = f'attachment; filename="requests.{format.value}"'
    return Response(content, media_type=media_type, headers={"Content-Disposition": name})


def _written(messages: Sequence[request_pb2.ActivityRequest], file_format: RequestFormat) -> bytes:
    requests = [_definition(message) for message in messages]
    if file_format is RequestFormat.CSV:
        return requests_csv(requests)
    listed = [item.model_dump(mode="json", exclude_none=True, exclude_defaults=True) for item in requests]
    return json.dumps({"requests": listed}, ensure_ascii=False, indent=1).encode()


def _definition(message: request_pb2.ActivityRequest) -> NewActivityRequest:
    values = {name: value for name, value in to_values(message).items() if name in _NEW_FIELDS}
    return NewActivityRequest.model_validate(values)


async def _all_requests(gateway: Gateway, wanted: request_pb2.ListRequestsRequest) -> list[request_pb2.ActivityRequest]:
    found: list[request_pb2.ActivityRequest] = []
    token = ""
    while True:
        wanted.page.CopyFrom(type_pb2.PageRequest(page_size=_PAGE, page_token=token))
        page = await gateway.call(gateway.services.requests.ListRequests, wanted)
        found.extend(page.requests)
        if len(found) > MOST_ROWS:
            raise ExhaustedError("TOO_MANY_ROWS", f"a file has {MOST_ROWS} requests at the most; narrow the filter")
        if not page.next_page_token or page.next_page_token == token:
            return found
        token = page.next_page_token
