"""gRPC service of the audit chain, which every service registers."""

from collections.abc import AsyncIterator
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from malapert.audit.v1 import audit_pb2, audit_pb2_grpc

from malapert_core.audit.chain import Link
from malapert_core.audit.reading import AuditCursor, AuditFilter, AuditReader
from malapert_core.audit.trail import audit_time
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.policy.identity import Identity, require_identity
from malapert_core.rpc.paging import decode_cursor, encode_cursor, page_size_of
from malapert_core.rpc.server import Registration
from malapert_core.timestamps import from_timestamp, parse_time, to_timestamp

AUDIT_SERVICE = "malapert.audit.v1.AuditService"


class AuditHandlers(audit_pb2_grpc.AuditServiceServicer):
    """Serves the chain to the agencies that acted, and to the owners of the missions."""

    def __init__(self, reader: AuditReader) -> None:
        self._reader = reader

    async def ListAuditEntries(  # noqa: N802
        self, request: audit_pb2.ListAuditEntriesRequest, context: Any
    ) -> audit_pb2.ListAuditEntriesResponse:
        """Return a page of the entries that the caller may read."""
        return await audit_page(self._reader, require_identity(), request)

    async def ExportAudit(  # noqa: N802
        self, request: audit_pb2.ExportAuditRequest, context: Any
    ) -> AsyncIterator[audit_pb2.ExportAuditResponse]:
        """Stream the chain."""
        async for lines in self._reader.export(require_identity(), request.mission_id):
            yield audit_pb2.ExportAuditResponse(lines=lines)


async def audit_page(
    reader: AuditReader, identity: Identity, request: audit_pb2.ListAuditEntriesRequest
) -> audit_pb2.ListAuditEntriesResponse:
    """Return the page of one chain that a principal asks for."""
    size = page_size_of(request.page.page_size)
    links = await reader.page(identity, size + 1, _filter_of(request))
    return audit_pb2.ListAuditEntriesResponse(
        entries=[_message(link) for link in links[:size]],
        next_page_token=_token(links[size - 1]) if len(links) > size else "",
    )


def entry_token(entry: audit_pb2.AuditEntry) -> str:
    """Return the cursor after an entry, which serves the chains of all services."""
    return encode_cursor(audit_time(from_timestamp(entry.time)), entry.service, str(entry.sequence))


def audit_registration(reader: AuditReader) -> Registration:
    """Return what a gRPC server needs to serve a chain."""
    add = audit_pb2_grpc.add_AuditServiceServicer_to_server
    return Registration(AUDIT_SERVICE, add, AuditHandlers(reader))


def _filter_of(request: audit_pb2.ListAuditEntriesRequest) -> AuditFilter:
    return AuditFilter(
        mission_id=request.mission_id,
        entity_kind=request.entity_kind,
        entity_id=request.entity_id,
        agency_id=request.agency_id,
        start_time=_time(request.start_time) if request.HasField("start_time") else "",
        end_time=_time(request.end_time) if request.HasField("end_time") else "",
        before=_cursor(request.page.page_token) if request.page.page_token else None,
    )


def _time(timestamp: Timestamp) -> str:
    return audit_time(from_timestamp(timestamp))


def _cursor(token: str) -> AuditCursor:
    time, service, sequence = decode_cursor(token, 3)
    if not (sequence.isascii() and sequence.isdecimal() and len(sequence) <= 18):
        fault = Fault("page.page_token", "INVALID_PAGE_TOKEN", "use next_page_token of the page before, unchanged")
        raise InvalidInputError("INVALID_PAGE_TOKEN", "the page token is not one of this listing", faults=[fault])
    return AuditCursor(time, service, int(sequence))


def _token(link: Link) -> str:
    return encode_cursor(link.content.time, link.content.service, str(link.sequence))


def _message(link: Link) -> audit_pb2.AuditEntry:
    content = link.content
    return audit_pb2.AuditEntry(
        service=content.service,
        sequence=link.sequence,
        time=to_timestamp(parse_time(content.time)),
        action=content.action,
        entity_kind=content.entity_kind,
        entity_id=content.entity_id,
        mission_id=content.mission_id,
        agency_id=content.agency_id,
        principal_id=content.principal_id,
        role=content.role,
        key_id=content.key_id,
        via_service=content.via_service,
        before_hash=content.before_hash,
        after_hash=content.after_hash,
        detail=content.detail,
        hash=link.hash,
    )
