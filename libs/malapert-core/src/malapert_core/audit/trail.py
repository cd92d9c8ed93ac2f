"""The trail of a service: entries are recorded in the transaction of the change and chained as it commits."""

import secrets
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import event, insert, select, update
from sqlalchemy.orm import Session, SessionTransaction
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_core.audit.chain import AuditContent, Link, linked
from malapert_core.db.tables import AuditEntryRow, AuditHeadRow
from malapert_core.policy.identity import Identity, current_identity, service_identity
from malapert_core.timestamps import require_aware, utc_now

MOST_DETAIL_LETTERS = 500
_LINKS_A_STATEMENT = 100
_PENDING = "malapert audit entries of this transaction"


class AuditTrail:
    """Records the changes of one service.

    Parameters
    ----------
    service_name : str
        The service, which is part of each entry: an entry of one chain fits in no other.
    """

    def __init__(self, service_name: str) -> None:
        self.service_name = service_name

    def record(
        self,
        session: AsyncSession,
        action: str,
        *,
        entity_kind: str,
        entity_id: str,
        mission_id: str = "",
        before_hash: str = "",
        after_hash: str = "",
        detail: str = "",
        identity: Identity | None = None,
    ) -> None:
        """Record a change in its own transaction: both are stored, or neither.

        Parameters
        ----------
        session : AsyncSession
            The transaction of the change.
        action : str
            What was done, such as ``plan.released``.
        entity_kind, entity_id : str
            What it was done to.
        mission_id : str
            The mission that it belongs to, whose owners read the entry beside the agency that acted.
        before_hash, after_hash : str
            Content hashes of the entity before and after.
        detail : str
            A short remark; it is shown to the mission's owners and must not tell owner-only content.
        identity : Identity, optional
            Who did it, where it is not who the present call acts for; outside of any call it is the service itself.
        """
        who = identity or current_identity() or service_identity(self.service_name)
        content = AuditContent(
            action=action,
            after_hash=after_hash,
            agency_id=who.agency_id,
            before_hash=before_hash,
            detail=detail[:MOST_DETAIL_LETTERS],
            entity_id=entity_id,
            entity_kind=entity_kind,
            key_id=who.key_id,
            mission_id=mission_id,
            principal_id=who.principal_id,
            role=who.role.value,
            salt=secrets.token_hex(16),
            service=self.service_name,
            time=audit_time(utc_now()),
            via_service=who.via_service,
        )
        _pending(session.sync_session).append(content)


def audit_time(time: datetime) -> str:
    """Return an instant as entries state it: UTC, always with six decimals, so that texts sort as times."""
    return require_aware(time).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _pending(session: Session) -> list[AuditContent]:
    pending: list[AuditContent] | None = session.info.get(_PENDING)
    if pending is None:
        pending = session.info[_PENDING] = []
        marks: dict[SessionTransaction, int] = {}

        def begun(_session: Session, transaction: SessionTransaction) -> None:
            marks[transaction] = len(pending)

        def rolled_back(_session: Session, transaction: SessionTransaction) -> None:
            # What was recorded before a savepoint stays; the first entry may be younger than the savepoint itself.
            del pending[marks.pop(transaction, 0) :]

        event.listen(session, "after_transaction_create", begun)
        event.listen(session, "after_soft_rollback", rolled_back)
        event.listen(session, "before_commit", _chain)
    return pending


def _chain(session: Session) -> None:
    """Bind the entries of a transaction to the chain, as its last step: whoever else commits waits no longer."""
    pending: list[AuditContent] = session.info[_PENDING]
    if session.in_nested_transaction() or not pending:
        return
    session.flush()
    head = session.execute(select(col(AuditHeadRow.sequence), col(AuditHeadRow.hash)).with_for_update()).one()
    sequence, previous_hash = head
    # In parts, for the event loop goes on only while the database works.
    for start in range(0, len(pending), _LINKS_A_STATEMENT):
        links: list[Link] = []
        for content in pending[start : start + _LINKS_A_STATEMENT]:
            sequence += 1
            links.append(linked(sequence, previous_hash, content))
            previous_hash = links[-1].hash
        session.execute(insert(AuditEntryRow), [link_row(link) for link in links])
    session.execute(update(AuditHeadRow).values(sequence=sequence, hash=previous_hash))
    pending.clear()


def link_row(link: Link) -> dict[str, Any]:
    """Return the columns of a link."""
    place = {"sequence": link.sequence, "previous_hash": link.previous_hash, "hash": link.hash}
    return {**place, **asdict(link.content)}
