"""Outages of antennas as they are stored."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import and_, delete, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_comms_window.domain.outages import Outage, OutageKind
from malapert_comms_window.storage.contacts import AntennaSpan, batched_spans
from malapert_comms_window.storage.tables import OutageRow


class OutageStore:
    """Stores outages; who changes any of an antenna locks the antenna first."""

    async def overlapping(self, session: AsyncSession, spans: Collection[AntennaSpan]) -> list[Outage]:
        """Return the outages of antennas within spans, in order of their start."""
        found: dict[str, Outage] = {}
        for few in batched_spans(spans):
            within = or_(
                *(
                    and_(
                        col(OutageRow.station_id) == station_id,
                        col(OutageRow.start_time) < end,
                        col(OutageRow.end_time) > start,
                    )
                    for station_id, start, end in few
                )
            )
            found.update((row.outage_id, _of_row(row)) for row in (await session.exec(select(OutageRow).where(within))))
        return sorted(found.values(), key=lambda outage: outage.start_time)

    async def add(self, session: AsyncSession, outage: Outage) -> None:
        """Store a new outage."""
        session.add(OutageRow(**{**asdict(outage), "kind": outage.kind.value}))
        await session.flush()

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
        span: tuple[datetime, datetime] | None,
        after: tuple[datetime, str] | None,
        limit: int,
    ) -> list[Outage]:
        """Return at most so many outages after a sort key, in order of their start; empty fields mean all."""
        query = select(OutageRow)
        if station_id:
            query = query.where(OutageRow.station_id == station_id)
        if span is not None:
            query = query.where(col(OutageRow.start_time) < span[1], col(OutageRow.end_time) > span[0])
        if after is not None:
            later = col(OutageRow.start_time) > after[0]
            same = and_(col(OutageRow.start_time) == after[0], col(OutageRow.outage_id) > after[1])
            query = query.where(or_(later, same))
        ordered = query.order_by(col(OutageRow.start_time), col(OutageRow.outage_id)).limit(limit)
        return [_of_row(row) for row in (await session.exec(ordered)).all()]


def _of_row(row: OutageRow) -> Outage:
    return Outage(**{**row.model_dump(), "kind": OutageKind(row.kind)})
