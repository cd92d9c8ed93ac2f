"""Agencies as they are kept; each method works in the session that it is given."""

from dataclasses import asdict
from typing import Any

from malapert_core.errors import NotFoundError
from sqlalchemy import func, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_gateway.domain.agency import Agency, AgencyState
from malapert_gateway.storage.tables import AgencyRow


class AgencyStore:
    """Agencies in the gateway's database."""

    async def find(self, session: AsyncSession, agency_id: str) -> Agency | None:
        """Return an agency, or None."""
        row = await session.get(AgencyRow, agency_id)
        return None if row is None else _agency(row)

    async def locked(self, session: AsyncSession, agency_id: str) -> Agency:
        """Return an agency that nobody else changes, nor its keys, while the transaction lasts.

        Raises
        ------
        NotFoundError
            ``UNKNOWN_AGENCY``.
        """
        agency = await self.find_locked(session, agency_id)
        if agency is None:
            raise NotFoundError("agency", agency_id)
        return agency

    async def find_locked(self, session: AsyncSession, agency_id: str) -> Agency | None:
        """Return an agency as `locked` does, or None."""
        row = await session.get(AgencyRow, agency_id, with_for_update=True, populate_existing=True)
        return None if row is None else _agency(row)

    async def find_alike(self, session: AsyncSession, agency_id: str) -> Agency | None:
        """Return an agency whose identifier differs at most in the case of its letters, or None."""
        query = select(AgencyRow).where(func.lower(AgencyRow.agency_id) == agency_id.lower())
        row = (await session.exec(query)).first()
        return None if row is None else _agency(row)

    async def all(self, session: AsyncSession) -> list[Agency]:
        """Return all agencies in order of their identifiers."""
        return [_agency(row) for row in await session.exec(select(AgencyRow).order_by(col(AgencyRow.agency_id)))]

    def add(self, session: AsyncSession, agency: Agency) -> None:
        """Keep a new agency."""
        session.add(AgencyRow(**_values(agency)))

    async def save(self, session: AsyncSession, agency: Agency) -> None:
        """Keep an agency as it stands."""
        change = update(AgencyRow).where(col(AgencyRow.agency_id) == agency.agency_id)
        await session.exec(change.values(**_values(agency)))


def _values(agency: Agency) -> dict[str, Any]:
    return asdict(agency) | {"state": agency.state.value, "key_set": list(agency.key_set)}


def _agency(row: AgencyRow) -> Agency:
    values = {name: getattr(row, name) for name in Agency.__dataclass_fields__}
    return Agency(**values | {"state": AgencyState(row.state), "key_set": tuple(row.key_set)})
