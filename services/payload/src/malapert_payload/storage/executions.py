"""Store of execution reports."""

from collections import defaultdict
from dataclasses import dataclass

from pydantic import TypeAdapter
from sqlalchemy import func, tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.domain.requests.execution import Execution, ExecutionOutcome
from malapert_payload.storage.tables import ExecutionRow

_EXECUTION = TypeAdapter(Execution)
ReportKey = tuple[str, int]
"""Key of a report: its request, and its number among the reports on it, from 1."""


@dataclass(frozen=True, slots=True)
class ExecutionFilter:
    """Filter of a mission's reports, after a key; an empty field means all."""

    request_id: str = ""
    outcomes: frozenset[ExecutionOutcome] = frozenset()
    after: ReportKey = ("", 0)


class ExecutionStore:
    """Stores reports in the order in which they came."""

    async def of_request(self, session: AsyncSession, mission_id: str, request_id: str) -> list[Execution]:
        """Return a request's reports, oldest first."""
        query = select(ExecutionRow).where(ExecutionRow.mission_id == mission_id, ExecutionRow.request_id == request_id)
        rows = await session.exec(query.order_by(col(ExecutionRow.sequence)))
        return [_EXECUTION.validate_python(row.document) for row in rows]

    async def page(
        self, session: AsyncSession, mission_id: str, wanted: ExecutionFilter, limit: int
    ) -> list[tuple[ReportKey, Execution]]:
        """Return at most so many of the wanted reports with their keys."""
        key = tuple_(col(ExecutionRow.request_id), col(ExecutionRow.sequence))
        query = select(ExecutionRow).where(ExecutionRow.mission_id == mission_id, key > wanted.after)
        if wanted.request_id:
            query = query.where(ExecutionRow.request_id == wanted.request_id)
        if wanted.outcomes:
            outcome = col(ExecutionRow.document)["outcome"].as_integer()
            query = query.where(outcome.in_([each.value for each in wanted.outcomes]))
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
