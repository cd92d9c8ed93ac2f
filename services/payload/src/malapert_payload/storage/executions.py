"""Reports of what became of requests."""

from collections import defaultdict

from pydantic import TypeAdapter
from sqlalchemy import func, tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.domain.execution import Execution
from malapert_payload.storage.tables import ExecutionRow

_EXECUTION = TypeAdapter(Execution)
ReportKey = tuple[str, int]
"""The request, and how many reports on it came before, counted from 1."""


class ExecutionStore:
    """Stores reports in the order in which they came."""

    async def of_request(self, session: AsyncSession, mission_id: str, request_id: str) -> list[Execution]:
        """Return a request's reports, oldest first."""
        query = select(ExecutionRow).where(ExecutionRow.mission_id == mission_id, ExecutionRow.request_id == request_id)
        rows = await session.exec(query.order_by(col(ExecutionRow.sequence)))
        return [_EXECUTION.validate_python(row.document) for row in rows]

    async def page(
        self, session: AsyncSession, mission_id: str, request_id: str, after: ReportKey, limit: int
    ) -> list[tuple[ReportKey, Execution]]:
        """Return at most so many reports after a key, of one request or where none is named of all, with their keys."""
        key = tuple_(col(ExecutionRow.request_id), col(ExecutionRow.sequence))
        query = select(ExecutionRow).where(ExecutionRow.mission_id == mission_id, key > after)
        if request_id:
            query = query.where(ExecutionRow.request_id == request_id)
        rows = await session.exec(query.order_by(ExecutionRow.request_id, col(ExecutionRow.sequence)).limit(limit))
        return [((row.request_id, row.sequence), _EXECUTION.validate_python(row.document)) for row in rows]

    async def of_mission(self, session: AsyncSession, mission_id: str) -> dict[str, list[Execution]]:
        """Return every request's reports, oldest first, by request."""
        query = select(ExecutionRow).where(ExecutionRow.mission_id == mission_id)
        found: defaultdict[str, list[Execution]] = defaultdict(list)
        for row in await session.exec(query.order_by(ExecutionRow.request_id, col(ExecutionRow.sequence))):
            found[row.request_id].append(_EXECUTION.validate_python(row.document))
        return found

    async def add(self, session: AsyncSession, mission_id: str, execution: Execution) -> None:
        """Store a report; the mission must be locked."""
        counted = select(func.count()).where(
            ExecutionRow.mission_id == mission_id, ExecutionRow.request_id == execution.request_id
        )
        session.add(
            ExecutionRow(
                mission_id=mission_id,
                request_id=execution.request_id,
                sequence=(await session.exec(counted)).one() + 1,
                document=_EXECUTION.dump_python(execution, mode="json"),
            )
        )
