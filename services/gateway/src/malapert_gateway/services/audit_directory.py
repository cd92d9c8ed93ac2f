"""Audit of the platform: the chains of all services, and the gateway's own, as one."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Sequence

from malapert.audit.v1 import audit_pb2
from malapert_core.audit.handlers import audit_page, entry_token
from malapert_core.audit.reading import AuditReader
from malapert_core.errors import UnavailableError
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

    async def export(self, identity: Identity, mission_id: str) -> "AuditExport":
        """Return the export of all chains once each has begun.

        Raises
        ------
        UnavailableError
            Where a service is away: nothing of a partial export is given then.
        """
        request = audit_pb2.ExportAuditRequest(mission_id=mission_id)
        asked = [stub.ExportAudit(request, timeout=_EXPORT_DEADLINE_S) for stub in self._services.audits.values()]
        chains = [self._own.export(identity, mission_id), *(_lines(answers) for answers in asked)]
        try:
            async with asyncio.timeout(self._deadline_s):
                return AuditExport([(await anext(chain), chain) for chain in chains])
        except BaseException as error:
            for answers in asked:
                answers.cancel()
            if isinstance(error, TimeoutError):
                raise UnavailableError("DEADLINE_EXCEEDED", "not every service began its export in time") from error
            raise


class AuditExport:
    """Chains of all services as JSON lines, one after another; `is_whole` once the last line was given."""

    def __init__(self, chains: Sequence[tuple[bytes, AsyncIterator[bytes]]]) -> None:
        self._chains = chains
        self.is_whole = False

    async def lines(self) -> AsyncIterator[bytes]:
        """Yield the lines, several at a time."""
        for header, chain in self._chains:
            yield header
            async for lines in chain:
                yield lines
        self.is_whole = True


async def _lines(answers: AsyncIterable[audit_pb2.ExportAuditResponse]) -> AsyncIterator[bytes]:
    async for answer in answers:
        yield answer.lines
