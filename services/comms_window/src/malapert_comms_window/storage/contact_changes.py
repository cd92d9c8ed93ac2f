"""Histories of contacts as they are stored."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_comms_window.domain.contacts import ContactCause, ContactChange, ContactState
from malapert_comms_window.storage.tables import ContactChangeRow


class ContactChangeStore:
    """Stores changes of contacts; nothing of them is ever changed."""

    async def add(self, session: AsyncSession, changes: Sequence[ContactChange]) -> None:
        """Store changes."""
        if changes:
            rows = [{**asdict(change), "state": change.state.value, "cause": change.cause.value} for change in changes]
            await (await session.connection()).execute(insert(ContactChangeRow), rows)

    async def of_contact(self, session: AsyncSession, contact_id: str) -> list[ContactChange]:
        """Return the changes of a contact in order."""
        query = select(ContactChangeRow).where(ContactChangeRow.contact_id == contact_id)
        rows = (await session.exec(query.order_by(col(ContactChangeRow.version)))).all()
        return [
            ContactChange(**{**row.model_dump(), "state": ContactState(row.state), "cause": ContactCause(row.cause)})
            for row in rows
        ]
