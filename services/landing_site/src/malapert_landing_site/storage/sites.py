"""Store of site searches and their sites."""

from __future__ import annotations

from collections.abc import Sequence

from malapert_core.errors import NotFoundError
from malapert_core.vocabulary.identifiers import new_identifier
from pydantic import TypeAdapter
from sqlalchemy import ColumnElement
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_landing_site.domain.site import Site, SiteSearch
from malapert_landing_site.storage.tables import SiteRow, SiteSearchRow

_SEARCH = TypeAdapter(SiteSearch)
_SITE = TypeAdapter(Site)


class SiteSearchStore:
    """Results of searches, by their content."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, site_search_id: str) -> SiteSearch | None:
        """Return a search, or None where it was not done."""
        row = await self._session.get(SiteSearchRow, site_search_id)
        return None if row is None else _SEARCH.validate_python(row.content)

    async def get(self, site_search_id: str) -> SiteSearch:
        """Return a search; raise NotFoundError where there is none."""
        search = await self.find(site_search_id)
        if search is None:
            raise NotFoundError("site search", site_search_id)
        return search

    async def get_site(self, site_id: str) -> Site:
        """Return one site; raise NotFoundError where there is none."""
        row = await self._session.get(SiteRow, site_id)
        if row is None:
            raise NotFoundError("site", site_id)
        return _SITE.validate_python(row.content)

    async def add(self, search: SiteSearch) -> bool:
        """Store a search with its sites; return False where it is there already."""
        if await self._session.get(SiteSearchRow, search.site_search_id) is not None:
            return False
        self._session.add(
            SiteSearchRow(
                site_search_id=search.site_search_id,
                record_id=new_identifier(),
                content=_SEARCH.dump_python(search, mode="json"),
                created_time=search.provenance.created_time,
                owner_agency_id=search.owner_agency_id,
                mission_id=search.request.mission_id,
            )
        )
        await self._session.flush()
        for site in search.sites:
            content = _SITE.dump_python(site, mode="json")
            self._session.add(SiteRow(site_id=site.site_id, site_search_id=search.site_search_id, content=content))
        return True

    async def page(
        self, size: int, before_record_id: str, seen: ColumnElement[bool]
    ) -> Sequence[tuple[str, SiteSearch]]:
        """Return at most `size` searches that are seen with their record identifiers, newest first."""
        query = select(SiteSearchRow).where(seen)
        if before_record_id:
            query = query.where(col(SiteSearchRow.record_id) < before_record_id)
        rows = await self._session.exec(query.order_by(col(SiteSearchRow.record_id).desc()).limit(size))
        return [(row.record_id, _SEARCH.validate_python(row.content)) for row in rows.all()]
