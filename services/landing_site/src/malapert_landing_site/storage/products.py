"""Store of product sets."""

from __future__ import annotations

from collections.abc import Sequence

from malapert_core.errors import NotFoundError
from malapert_core.vocabulary.identifiers import new_identifier
from pydantic import TypeAdapter
from sqlalchemy import ColumnElement
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_landing_site.domain.product import ProductSet
from malapert_landing_site.storage.tables import ProductSetRow

_SET = TypeAdapter(ProductSet)


class ProductSetStore:
    """Store of the contents of product sets; their files lie beside."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, product_set_id: str) -> ProductSet | None:
        """Return a set, or None where it was not made."""
        row = await self._session.get(ProductSetRow, product_set_id)
        return None if row is None else _SET.validate_python(row.content)

    async def get(self, product_set_id: str) -> ProductSet:
        """Return a set; raise NotFoundError where there is none."""
        found = await self.find(product_set_id)
        if found is None:
            raise NotFoundError("product set", product_set_id)
        return found

    async def add(self, made: ProductSet) -> bool:
        """Store a set; return False where one of the same content is there already, which is left as it is."""
        if await self._session.get(ProductSetRow, made.product_set_id) is not None:
            return False
        self._session.add(
            ProductSetRow(
                product_set_id=made.product_set_id,
                record_id=new_identifier(),
                content=_SET.dump_python(made, mode="json"),
                created_time=made.provenance.created_time,
                owner_agency_id=made.owner_agency_id,
                mission_id=made.request.mission_id,
            )
        )
        return True

    async def stored_bytes(self, agency_id: str) -> int:
        """Return how many bytes the files of an agency's sets take."""
        owner = col(ProductSetRow.content)["owner_agency_id"].as_string()
        contents = await self._session.exec(select(ProductSetRow.content).where(owner == agency_id))
        sets = (_SET.validate_python(content) for content in contents.all())
        return sum(file.size_bytes for each in sets for file in each.files)

    async def page(
        self, size: int, before_record_id: str, seen: ColumnElement[bool]
    ) -> Sequence[tuple[str, ProductSet]]:
        """Return at most `size` sets that are seen with their record identifiers, newest first."""
        query = select(ProductSetRow).where(seen)
        if before_record_id:
            query = query.where(col(ProductSetRow.record_id) < before_record_id)
        rows = await self._session.exec(query.order_by(col(ProductSetRow.record_id).desc()).limit(size))
        return [(row.record_id, _SET.validate_python(row.content)) for row in rows.all()]
