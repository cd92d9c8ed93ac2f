"""Agreements as they are stored."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from malapert_core.errors import ConflictError
from sqlalchemy import func, or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_comms_window.domain.agreements import Agreement
from malapert_comms_window.storage.tables import AgreementRow

_NAMES = tuple(column.name for column in AgreementRow.__table__.columns)  # type: ignore[attr-defined]


class AgreementStore:
    """Stores agreements."""

    async def add(self, session: AsyncSession, agreement: Agreement) -> None:
        """Store a new agreement."""
        session.add(AgreementRow(**_values(agreement)))
        await session.flush()

    async def change(self, session: AsyncSession, agreement: Agreement, version: int) -> None:
        """Store an agreement in place of a version of it.

        Raises
        ------
        ConflictError
            ``AGREEMENT_CHANGED`` where that is not the present version.
        """
        changing = update(AgreementRow).where(
            col(AgreementRow.agreement_id) == agreement.agreement_id, col(AgreementRow.version) == version
        )
        result = await session.exec(changing.values(**_values(agreement)))
        if result.rowcount != 1:
            message = f"agreement {agreement.agreement_id} is not at version {version}; read it again"
            raise ConflictError("AGREEMENT_CHANGED", message, metadata={"agreement_id": agreement.agreement_id})

    async def find(self, session: AsyncSession, agreement_id: str) -> Agreement | None:
        """Return an agreement, None where there is none."""
        query = select(AgreementRow).where(AgreementRow.agreement_id == agreement_id)
        row = (await session.exec(query.execution_options(populate_existing=True))).first()
        return None if row is None else _of_row(row)

    async def of_partners(
        self, session: AsyncSession, partner_agency_ids: Collection[str], span: tuple[datetime, datetime]
    ) -> list[Agreement]:
        """Return the agreements of partners that hold at some time of a span."""
        query = select(AgreementRow).where(
            col(AgreementRow.partner_agency_id).in_(set(partner_agency_ids)),
            col(AgreementRow.ended_time).is_(None),
            col(AgreementRow.start_time) < span[1],
            col(AgreementRow.end_time) > span[0],
        )
        return [_of_row(row) for row in (await session.exec(query)).all()]

    async def count_of_owner(self, session: AsyncSession, owner_agency_id: str, now: datetime) -> int:
        """Return how many agreements of an owner hold or will hold."""
        query = select(func.count()).where(
            col(AgreementRow.owner_agency_id) == owner_agency_id,
            col(AgreementRow.ended_time).is_(None),
            col(AgreementRow.end_time) > now,
        )
        return int((await session.exec(query)).one())

    async def page(
        self,
        session: AsyncSession,
        parties: Collection[str],
        other_agency_id: str,
        mission_ids: Collection[str],
        in_force_at: datetime | None,
        after: str,
        limit: int,
    ) -> list[Agreement]:
        """Return at most so many agreements of some parties after an identifier, in order of it.

        Where missions are given, those for other missions are left out.
        """
        owner, partner = col(AgreementRow.owner_agency_id), col(AgreementRow.partner_agency_id)
        query = select(AgreementRow).where(or_(owner.in_(set(parties)), partner.in_(set(parties))))
        if other_agency_id:
            query = query.where(or_(owner == other_agency_id, partner == other_agency_id))
        if mission_ids:
            query = query.where(col(AgreementRow.mission_id).in_({"", *mission_ids}))
        if in_force_at is not None:
            query = query.where(col(AgreementRow.ended_time).is_(None), col(AgreementRow.end_time) > in_force_at)
        query = query.where(col(AgreementRow.agreement_id) > after).order_by(col(AgreementRow.agreement_id))
        return [_of_row(row) for row in (await session.exec(query.limit(limit))).all()]


def _values(agreement: Agreement) -> dict[str, Any]:
    return {**{name: getattr(agreement, name) for name in _NAMES}, "station_ids": list(agreement.station_ids)}


def _of_row(row: AgreementRow) -> Agreement:
    values = {name: getattr(row, name) for name in _NAMES}
    return Agreement(**{**values, "station_ids": tuple(values["station_ids"])})
