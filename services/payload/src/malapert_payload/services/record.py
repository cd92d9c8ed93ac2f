"""Storing a changed request and telling others, always together."""

from collections.abc import Iterable, Sequence

from malapert_core.audit.trail import AuditTrail
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.domain.catalogue.content import request_hash
from malapert_payload.domain.requests.request import ActivityRequest, HoldKind, Visibility
from malapert_payload.services.ports import Announcer
from malapert_payload.storage.requests import Changed, RequestStore


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
        for before, after in changed:
            revised = before is not None and before.definition() != after.definition()
            known_version = before.version if before else 0
            self._audit_change(session, before, after, is_revised=revised)
            self._announcer.announce(session, after, known_version, revised=revised, held_by=held_by, hidden_ids=hidden)

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
            # The mission's owners read what is of the mission; what only its agency sees is for that alone.
            mission_id="" if after.visibility == Visibility.OWNER else after.mission_id,
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
