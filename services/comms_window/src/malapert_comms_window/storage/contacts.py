"""The contact book as it is stored."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from malapert_core.errors import ConflictError
from sqlalchemy import and_, or_, text, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_comms_window.domain.contacts import Contact, ContactState
from malapert_comms_window.storage.tables import ContactRow

# One statement that makes the row or locks it, alike on SQLite and PostgreSQL.
_LOCK = text(
    "INSERT INTO antenna (station_id, change_count) VALUES (:station_id, 1) "
    "ON CONFLICT (station_id) DO UPDATE SET change_count = antenna.change_count + 1"
)
_MAYBE_HOLDING = (ContactState.TENTATIVE.value, ContactState.COMMITTED.value)


@dataclass(frozen=True, slots=True)
class ContactFilter:
    """Which contacts to list, after a sort key; empty fields mean all."""

    station_id: str = ""
    mission_id: str = ""
    start_time: datetime | None = None
    end_time: datetime | None = None
    only_holding_at: datetime | None = None
    after: tuple[datetime, str] | None = None


class ContactStore:
    """Stores bookings; who changes any of an antenna locks the antenna first."""

    async def lock_antennas(self, session: AsyncSession, station_ids: Collection[str]) -> None:
        """Keep everybody else from changing bookings of these antennas until the transaction ends."""
        connection = await session.connection()
        for station_id in sorted(set(station_ids)):  # one order for all, so that two never wait for each other
            await connection.execute(_LOCK, {"station_id": station_id})

    async def overlapping(
        self, session: AsyncSession, station_ids: Collection[str], start_time: datetime, end_time: datetime
    ) -> list[Contact]:
        """Return the bookings of antennas that may hold them within a span, in order of their start."""
        query = select(ContactRow).where(
            col(ContactRow.station_id).in_(set(station_ids)),
            col(ContactRow.state).in_(_MAYBE_HOLDING),
            col(ContactRow.occupied_start_time) < end_time,
            col(ContactRow.occupied_end_time) > start_time,
        )
        rows = (await session.exec(query.order_by(col(ContactRow.occupied_start_time)))).all()
        return [_of_row(row) for row in rows]

    async def add(self, session: AsyncSession, contacts: Sequence[Contact]) -> None:
        """Store new bookings."""
        session.add_all([ContactRow(**{**asdict(contact), "state": contact.state.value}) for contact in contacts])
        await session.flush()

    async def find_all(self, session: AsyncSession, contact_ids: Collection[str]) -> dict[str, Contact]:
        """Return those of the bookings that there are, by identifier, as stored now."""
        query = select(ContactRow).where(col(ContactRow.contact_id).in_(set(contact_ids)))
        rows = (await session.exec(query.execution_options(populate_existing=True))).all()
        return {row.contact_id: _of_row(row) for row in rows}

    async def change(self, session: AsyncSession, before: Contact, after: Contact) -> None:
        """Store a changed booking.

        Raises
        ------
        ConflictError
            ``CONTACT_CHANGED`` where it was changed since it was read.
        """
        changing = (
            update(ContactRow)
            .where(col(ContactRow.contact_id) == before.contact_id, col(ContactRow.version) == before.version)
            .values(
                state=after.state.value,
                version=after.version,
                hold_until_time=after.hold_until_time,
                plan_id=after.plan_id,
                release_reason=after.release_reason,
            )
        )
        result = await session.exec(changing)
        if result.rowcount != 1:
            message = f"contact {before.contact_id} was changed meanwhile; read it again"
            raise ConflictError("CONTACT_CHANGED", message, metadata={"contact_id": before.contact_id})

    async def page(self, session: AsyncSession, wanted: ContactFilter, limit: int) -> list[Contact]:
        """Return at most so many bookings in order of their occupied start."""
        query = select(ContactRow)
        if wanted.station_id:
            query = query.where(ContactRow.station_id == wanted.station_id)
        if wanted.mission_id:
            query = query.where(ContactRow.mission_id == wanted.mission_id)
        if wanted.start_time is not None and wanted.end_time is not None:
            query = query.where(
                col(ContactRow.occupied_start_time) < wanted.end_time,
                col(ContactRow.occupied_end_time) > wanted.start_time,
            )
        if wanted.only_holding_at is not None:
            now = wanted.only_holding_at
            held = and_(
                col(ContactRow.state) == ContactState.TENTATIVE.value,
                or_(col(ContactRow.hold_until_time).is_(None), col(ContactRow.hold_until_time) > now),
            )
            promised = and_(col(ContactRow.state) == ContactState.COMMITTED.value, col(ContactRow.end_time) > now)
            query = query.where(or_(held, promised))
        if wanted.after is not None:
            start, contact_id = wanted.after
            later = col(ContactRow.occupied_start_time) > start
            same = and_(col(ContactRow.occupied_start_time) == start, col(ContactRow.contact_id) > contact_id)
            query = query.where(or_(later, same))
        ordered = query.order_by(col(ContactRow.occupied_start_time), col(ContactRow.contact_id)).limit(limit)
        return [_of_row(row) for row in (await session.exec(ordered)).all()]


def _of_row(row: ContactRow) -> Contact:
    return Contact(**{**row.model_dump(), "state": ContactState(row.state)})
