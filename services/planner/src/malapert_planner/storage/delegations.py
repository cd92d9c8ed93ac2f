"""Delegations of reviews in a session's database."""

from dataclasses import asdict

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_planner.domain.life.reviews import Delegation
from malapert_planner.storage.tables import DelegationRow

MOST_LISTED = 1000


class DelegationStore:
    """Keeps delegations; one that was revoked stays."""

    async def save(self, session: AsyncSession, delegation: Delegation) -> None:
        """Store a delegation, new or changed."""
        await session.merge(DelegationRow(**asdict(delegation)))

    async def get(self, session: AsyncSession, mission_id: str, delegation_id: str) -> Delegation | None:
        """Return a delegation of a mission, None where there is no such."""
        row = await session.get(DelegationRow, delegation_id)
        return None if row is None or row.mission_id != mission_id else _of_row(row)

    async def of_mission(self, session: AsyncSession, mission_id: str) -> list[Delegation]:
        """Return the delegations of a mission, newest first."""
        query = select(DelegationRow).where(col(DelegationRow.mission_id) == mission_id)
        query = query.order_by(col(DelegationRow.delegation_id).desc()).limit(MOST_LISTED)
        return [_of_row(row) for row in (await session.exec(query)).all()]

    async def of_agency(self, session: AsyncSession, mission_id: str, agency_id: str) -> list[Delegation]:
        """Return the delegations that an agency gave in a mission and that were not revoked."""
        query = select(DelegationRow).where(
            col(DelegationRow.mission_id) == mission_id,
            col(DelegationRow.agency_id) == agency_id,
            col(DelegationRow.revoked_time).is_(None),
        )
        return [_of_row(row) for row in (await session.exec(query)).all()]


def _of_row(row: DelegationRow) -> Delegation:
    return Delegation(**row.model_dump())
