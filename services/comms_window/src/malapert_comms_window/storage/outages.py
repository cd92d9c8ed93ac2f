"""Outages of antennas as they are stored."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, delete, func, or_
from sqlalchemy import select as sql_select
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_comms_window.domain.outages import Outage, OutageKind
from malapert_comms_window.storage.contacts import AntennaSpan, batched_spans, span_values
from malapert_comms_window.storage.tables import OutageRow


class OutageStore:
    """Stores outages; who changes any of an antenna locks the antenna first."""

    async def overlapping(self, session: AsyncSession, spans: Collection[AntennaSpan]) -> list[Outage]:
        """Return the outages of antennas within spans, in order of their start."""
        found: dict[str, Outage] = {}
        connection = await session.connection()
        for few in batched_spans(spans):
            rows = (await connection.execute(_overlapping(len(few)), span_values(few))).all()
            found.update((row.outage_id, _of_row(row)) for row in rows)
        return sorted(found.values(), key=lambda outage: outage.start_time)

    async def add(self, session: AsyncSession, outage: Outage) -> None:
        """Store a new outage."""
        session.add(OutageRow(**{**asdict(outage), "kind": outage.kind.value}))
        await session.flush()

    async def count_of_station(self, session: AsyncSession, station_id: str, since: datetime) -> int:
        """Return how many outages of an antenna end after an instant."""
        query = select(func.count()).select_from(OutageRow)
        return (
            await session.exec(query.where(col(OutageRow.station_id) == station_id, col(OutageRow.end_time) > since))
        ).one()

    async def find(self, session: AsyncSession, outage_id: str) -> Outage | None:
        """Return an outage, None where there is none."""
        row = await session.get(OutageRow, outage_id)
        return None if row is None else _of_row(row)

    async def remove(self, session: AsyncSession, outage_id: str) -> None:
        """Forget an outage."""
        await session.exec(delete(OutageRow).where(col(OutageRow.outage_id) == outage_id))

    async def page(
        self,
        session: AsyncSession,
        station_id: str,
        kinds: Collection[OutageKind],
        span: tuple[datetime, datetime] | None,
        after: tuple[datetime, str] | None,
        limit: int,
    ) -> list[Outage]:
        """Return at most so many outages after a sort key, in order of their start; empty fields mean all."""
        query = select(OutageRow)
        if station_id:
            query = query.where(OutageRow.station_id == station_id)
        if kinds:
            query = query.where(col(OutageRow.kind).in_([kind.value for kind in kinds]))
        if span is not None:
            query = query.where(col(OutageRow.start_time) < span[1], col(OutageRow.end_time) > span[0])
        if after is not None:
            later = col(OutageRow.start_time) > after[0]
            same = and_(col(OutageRow.start_time) == after[0], col(OutageRow.outage_id) > after[1])
            query = query.where(or_(later, same))
        ordered = query.order_by(col(OutageRow.start_time), col(OutageRow.outage_id)).limit(limit)
        return [_of_row(row) for row in (await session.exec(ordered)).all()]


_COLUMNS = tuple(OutageRow.__table__.columns)  # type: ignore[attr-defined]


@cache
def _overlapping(count: int) -> Select[Any]:
    """Return the statement that finds outages within so many spans."""
    within = [
        and_(
            col(OutageRow.station_id) == bindparam(f"station{index}"),
            col(OutageRow.start_time) < bindparam(f"end{index}"),
            col(OutageRow.end_time) > bindparam(f"start{index}"),
        )
        for index in range(count)
    ]
    return sql_select(*_COLUMNS).where(or_(*within))


def _of_row(row: OutageRow | Row[Any]) -> Outage:
    values = {column.name: getattr(row, column.name) for column in _COLUMNS}
    return Outage(**{**values, "kind": OutageKind(values["kind"])})
