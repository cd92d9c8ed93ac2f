"""Audit of the platform: the chains of all services, and the gateway's own, as one."""

import asyncio
from collections.abc import AsyncIterator

from malapert.audit.v1 import audit_pb2
from malapert_core.audit.handlers import audit_page, entry_token
from malapert_core.audit.reading import AuditReader
from malapert_core.policy.identity import Identity
from malapert_core.rpc.paging import page_size_of

from malapert_gateway.services.clients import ServiceClients

_EXPORT_DEADLINE_S = 600.0


class AuditDirectory:
    """Reads every chain.

    Parameters
    ----------
    services
        The services.
    own
        Reads the gateway's own chain.
    deadline_s
        Deadline of one call, seconds.
    """

    def __init__(self, services: ServiceClients, own: AuditReader, deadline_s: float) -> None:
        self._services = services
        self._own = own
        self._deadline_s = deadline_s

    async def page(
        self, identity: Identity, wanted: audit_pb2.ListAuditEntriesRequest
    ) -> audit_pb2.ListAuditEntriesResponse:
        """Return a page of the entries of all chains that the caller may read, newest first."""
        size = page_size_of(wanted.page.page_size)
        pages = [await audit_page(self._own, identity, wanted)]
        asked = (stub.ListAuditEntries(wanted, timeout=self._deadline_s) for stub in self._services.audits.values())
        pages.extend(await asyncio.gather(*asked))
        entries = [entry for page in pages for entry in page.entries]
        entries.sort(key=lambda entry: (entry.time.ToNanoseconds(), entry.service, entry.sequence), reverse=True)
        more = len(entries) > size or any(page.next_page_token for page in pages)
        rows = entries[:size]
        token = entry_token(rows[-1]) if more and rows else ""
        return audit_pb2.ListAuditEntriesResponse(entries=rows, next_page_token=token)

    async def export(self, identity: Identity, mission_id: str) -> AsyncIterator[bytes]:
        """Yield all chains as JSON lines, one after another."""
        async for lines in self._own.export(identity, mission_id):
            yield lines
        request = audit_pb2.ExportAuditRequest(mission_id=mission_id)
        for stub in self._services.audits.values():
            async for answer in stub.ExportAudit(request, timeout=_EXPORT_DEADLINE_S):
                yield answer.lines
