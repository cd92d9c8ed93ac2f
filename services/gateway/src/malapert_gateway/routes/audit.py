"""Audit: who changed what, read and exported."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from malapert.audit.v1 import audit_pb2
from malapert_core.audit.reading import cut_line
from malapert_core.errors import MalapertError
from malapert_core.timestamps import to_timestamp
from malapert_http_models.contracts.audit import AuditEntryPage
from malapert_http_models.wire import UtcTime

from malapert_gateway.routes.guarded import GuardedRoute, StreamRoute
from malapert_gateway.routes.parameters import CallerCredentials, CallerIdentity, GatewayParts, Page, only
from malapert_gateway.streams import until

router = APIRouter(prefix="/audit", tags=["audit"], route_class=GuardedRoute)
stream_router = APIRouter(prefix="/audit", tags=["audit"], route_class=StreamRoute)

_LINES = {
    200: {
        "description": "JSON lines.",
        "content": {"application/jsonl": {"schema": {"type": "string"}}},
        "headers": {"Content-Disposition": {"description": "A name for the file.", "schema": {"type": "string"}}},
    }
}

MissionFilter = Annotated[str, only("mission", "lupex")]


@router.get("")
async def list_audit_entries(
    gateway: GatewayParts,
    identity: CallerIdentity,
    page: Page,
    mission_id: MissionFilter = "",
    entity_kind: Annotated[str, only("kind of entity", "plan")] = "",
    entity_id: Annotated[str, only("entity", "plan-5d21")] = "",
    agency_id: Annotated[str, only("agency", "JAXA")] = "",
    start_time: Annotated[
        UtcTime | None, Query(description="Only from this instant on.", examples=["2026-11-30T00:00:00Z"])
    ] = None,
    end_time: Annotated[
        UtcTime | None, Query(description="Only before this instant.", examples=["2026-12-01T00:00:00Z"])
    ] = None,
) -> AuditEntryPage:
    """List changes of all services, newest first: by the caller's agency, or all in a mission of which it is an owner.

    What belongs to a mission is listed whole for the mission's owners where `mission_id` names it.
    """
    wanted = audit_pb2.ListAuditEntriesRequest(
        mission_id=mission_id,
        entity_kind=entity_kind,
        entity_id=entity_id,
        agency_id=agency_id,
        start_time=None if start_time is None else to_timestamp(start_time),
        end_time=None if end_time is None else to_timestamp(end_time),
        page=page,
    )
    return await gateway.answer(await gateway.audit.page(identity, wanted), AuditEntryPage)


@stream_router.get("/export", response_class=StreamingResponse, responses=_LINES)  # type: ignore[arg-type]
async def export_audit(
    gateway: GatewayParts, identity: CallerIdentity, credentials: CallerCredentials, mission_id: MissionFilter = ""
) -> StreamingResponse:
    """Return the audit chains of all services as JSON lines, to be verified by `malapert audit verify FILE`.

    Of entries that the caller may not read there are the hashes alone, so that the chains hold as a whole. It begins
    once every service answers, and counts as an open stream; where it ends too early, its last line says why.
    """
    export = await gateway.audit.export(identity, mission_id)

    async def lines() -> AsyncIterator[bytes]:
        reason = "STREAM_ENDED"
        try:
            async for part in until(gateway.stream_ended(identity, credentials), export.lines()):
                yield part
        except MalapertError as error:
            reason = error.reason
        if not export.is_whole:
            yield cut_line(reason)

    headers = {"Content-Disposition": 'attachment; filename="audit.jsonl"'}
    return StreamingResponse(lines(), media_type="application/jsonl", headers=headers)
