"""Owners of what is stored: the agency that made it, the mission that it was made for, and since when it is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_landing_site.storage.tables import OWNED_ROWS, OwnedRow, SiteRow


@dataclass(frozen=True, slots=True)
class Owned:
    """Owner of a thing; one without an owner is built in and everybody's."""

    owner_agency_id: str
    mission_id: str
    since: datetime


async def owner_of(session: AsyncSession, kind: str, identifier: str) -> Owned | None:
    """Return the owner of a thing of a kind of `OWNED_ROWS`, or of a ``site``; None where there is none."""
    if kind == "site":
        site = await session.get(SiteRow, identifier)
        return None if site is None else await owner_of(session, "site search", site.site_search_id)
    table = OWNED_ROWS[kind]
    columns = (col(table.owner_agency_id), col(table.mission_id), col(table.created_time))
    key = col(getattr(table, f"{kind.replace(' ', '_')}_id"))
    row = (await session.exec(select(*columns).where(key == identifier))).first()
    return None if row is None else Owned(*row)


async def missions_of_others(session: AsyncSession, table: type[OwnedRow], agency_id: str) -> Sequence[str]:
    """Return the missions for which other agencies made things."""
    mission_id = col(table.mission_id)
    query = select(mission_id).where(col(table.owner_agency_id) != agency_id, mission_id != "").distinct()
    return (await session.exec(query)).all()
