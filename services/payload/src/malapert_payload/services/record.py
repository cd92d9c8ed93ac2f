"""Storing a changed request and telling others, always together."""

from collections.abc import Iterable, Sequence

from malapert_core.audit.trail import AuditTrail
from malapert_core.background import in_turns
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.catalogue.content import request_hash
from malapert_payload.domain.requests.execution import Execution
from malapert_payload.domain.requests.request import ActivityRequest, HoldKind, Visibility
from malapert_payload.services.ports import Announcer
from malapert_payload.storage.requests import Changed, RequestStore

_TOLD_AT_ONCE = 50


class RequestRecord:
    """Writer of changed requests, their history and events.

    Parameters
    ----------
    requests : RequestStore
    announcer : Announcer
    audit : AuditTrail
    """

    def __init__(self, requests: RequestStore, announcer: Announcer, audit: AuditTrail) -> None:
        self._requests = requests
        self._announcer = announcer
        self._audit = audit

    async def keep(
        self, session: AsyncSession, changes: Iterable[Changed], *, held_by: HoldKind = HoldKind.UNSPECIFIED
    ) -> None:
        """Store requests as they stand and announce what changed; nothing where nothing did.

        `held_by` is what keeps them from being planned since this change.
        """
        changed = [(before, after) for before, after in changes if after != before]
        await self._requests.save_all(session, changed)
        hidden = await self._hidden_ids(session, [after for _, after in changed])

        def tell(change: Changed) -> None:
            before, after = change
            revised = before is not None and before.definition() != after.definition()
            known_version = before.version if before else 0
            self._audit_change(session, before, after, is_revised=revised)
            self._announcer.announce(session, after, known_version, revised=revised, held_by=held_by, hidden_ids=hidden)

        for start in range(0, len(changed), _TOLD_AT_ONCE):
            await in_turns(tell, changed[start : start + _TOLD_AT_ONCE])
            # Left to the commit, the events of a large import would all be bound to one statement.
            await session.flush()

    def audit_report(self, session: AsyncSession, report: Execution, request: ActivityRequest) -> None:
        """Record that an execution report on a request was taken."""
        self._audit.record(
            session,
            "execution.reported",
            entity_kind="execution",
            entity_id=f"{report.request_id}/{report.repetition_index}/{report.attempt}",
            mission_id=_audited_mission(request),
            detail=report.outcome.name.lower(),
        )

    def audit_import(self, session: AsyncSession, imported: Catalogue, before_hash: str, after_hash: str) -> None:
        """Record that a mission version's catalogue was taken."""
        self._audit.record(
            session,
            "catalogue.imported",
            entity_kind="catalogue",
            entity_id=f"{imported.mission_id}/{imported.mission_version}",
            mission_id=imported.mission_id,
            before_hash=before_hash,
            after_hash=after_hash,
        )

    def _audit_change(
        self, session: AsyncSession, before: ActivityRequest | None, after: ActivityRequest, *, is_revised: bool
    ) -> None:
        action = "submitted" if before is None else "revised" if is_revised else "changed"
        if before is not None and before.state != after.state and not is_revised:
            action = after.state.name.lower()
        self._audit.record(
            session,
            f"request.{action}",
            entity_kind="request",
            entity_id=after.request_id,
            mission_id=_audited_mission(after),
            before_hash=request_hash(before) if before else "",
            after_hash=request_hash(after),
        )

    async def _hidden_ids(self, session: AsyncSession, requests: Sequence[ActivityRequest]) -> frozenset[str]:
        """Return what relations name that only its agency sees, of requests that more than one agency is told of."""
        told = [request for request in requests if request.visibility != Visibility.OWNER and request.relations]
        if not told:
            return frozenset()
        named = {relation.request_id for request in told for relation in request.relations}
        found = await self._requests.find_all(session, told[0].mission_id, named)
        return frozenset(key for key, item in found.items() if item.visibility == Visibility.OWNER)


def _audited_mission(request: ActivityRequest) -> str:
    """Return the mission whose owners read what is recorded of a request: none where its agency alone sees it."""
    return "" if request.visibility == Visibility.OWNER else request.mission_id
