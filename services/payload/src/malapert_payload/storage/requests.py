"""Requests with their history."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, or_, true
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from malapert_payload.domain.request import ActivityRequest, RequestChange, RequestFilter, RequestState
from malapert_payload.domain.visibility import Sight
from malapert_payload.storage.tables import RequestChangeRow, RequestRow

_REQUEST = TypeAdapter(ActivityRequest)


class RequestStore:
    """Stores requests as they stand, and each change once."""

    async def find(self, session: AsyncSession, mission_id: str, request_id: str) -> ActivityRequest | None:
        """Return one request, None where there is none."""
        found = await self.find_all(session, mission_id, [request_id])
        return found.get(request_id)

    async def find_all(
        self, session: AsyncSession, mission_id: str, request_ids: Collection[str]
    ) -> dict[str, ActivityRequest]:
        """Return those of the requests that there are, by identifier."""
        query = _of_mission(mission_id).where(col(RequestRow.request_id).in_(request_ids))
        return _by_id(await self._load(session, query))

    async def of_mission(self, session: AsyncSession, mission_id: str) -> dict[str, ActivityRequest]:
        """Return all requests of a mission, by identifier."""
        return _by_id(await self._load(session, _of_mission(mission_id)))

    async def of_states(
        self, session: AsyncSession, mission_id: str, states: Iterable[RequestState]
    ) -> list[ActivityRequest]:
        """Return a mission's requests in some states."""
        return await self._load(session, _of_mission(mission_id).where(_in_states(states)))

    async def of_plan(self, session: AsyncSession, mission_id: str, plan_id: str) -> list[ActivityRequest]:
        """Return the requests that a released plan holds."""
        return await self._load(session, _of_mission(mission_id).where(RequestRow.plan_id == plan_id))

    async def page(
        self, session: AsyncSession, mission_id: str, sight: Sight, wanted: RequestFilter, limit: int
    ) -> list[ActivityRequest]:
        """Return at most so many of the requests that are seen and wanted, by identifier."""
        query = _of_mission(mission_id).where(_admitted(sight), RequestRow.request_id > wanted.after_request_id)
        if wanted.states:
            query = query.where(_in_states(wanted.states))
        if wanted.agency_id:
            query = query.where(RequestRow.agency_id == wanted.agency_id)
        return await self._load(session, query.limit(limit))

    async def save(self, session: AsyncSession, request: ActivityRequest) -> None:
        """Store a request as it stands and the changes since it was stored last; the mission must be locked."""
        row = await session.get(RequestRow, (request.mission_id, request.request_id))
        stored_version = row.version if row else 0
        session.add(_updated(row, request))
        for version, change in enumerate(request.history[stored_version:], start=stored_version + 1):
            session.add(
                RequestChangeRow(
                    mission_id=request.mission_id,
                    request_id=request.request_id,
                    version=version,
                    state=change.state.name,
                    time=change.time,
                    agency_id=change.agency_id,
                    reason=change.reason,
                )
            )

    async def _load(self, session: AsyncSession, query: SelectOfScalar[RequestRow]) -> list[ActivityRequest]:
        rows = (await session.exec(query.order_by(RequestRow.request_id))).all()
        histories = await self._histories(session, rows)
        return [_request(row, histories[row.request_id]) for row in rows]

    async def _histories(
        self, session: AsyncSession, rows: Sequence[RequestRow]
    ) -> defaultdict[str, list[RequestChange]]:
        histories: defaultdict[str, list[RequestChange]] = defaultdict(list)
        if not rows:
            return histories
        query = select(RequestChangeRow).where(
            RequestChangeRow.mission_id == rows[0].mission_id,
            col(RequestChangeRow.request_id).between(rows[0].request_id, rows[-1].request_id),
        )
        wanted = {row.request_id for row in rows}
        for row in await session.exec(query.order_by(RequestChangeRow.request_id, col(RequestChangeRow.version))):
            if row.request_id in wanted:
                change = RequestChange(RequestState[row.state], row.time, row.agency_id, row.reason)
                histories[row.request_id].append(change)
        return histories


def _of_mission(mission_id: str) -> SelectOfScalar[RequestRow]:
    return select(RequestRow).where(RequestRow.mission_id == mission_id)


def _in_states(states: Iterable[RequestState]) -> ColumnElement[bool]:
    return col(RequestRow.state).in_([state.name for state in states])


def _admitted(sight: Sight) -> ColumnElement[bool]:
    if sight.everything:
        return true()
    visibilities = [visibility.name for visibility in sight.visibilities]
    return or_(col(RequestRow.visibility).in_(visibilities), col(RequestRow.agency_id) == sight.agency_id)


def _by_id(requests: Iterable[ActivityRequest]) -> dict[str, ActivityRequest]:
    return {request.request_id: request for request in requests}


def _updated(row: RequestRow | None, request: ActivityRequest) -> RequestRow:
    values = {
        "agency_id": request.agency_id,
        "visibility": request.visibility.name,
        "state": request.state.name,
        "version": request.version,
        "plan_id": request.plan_id,
        "is_listed": request.is_listed,
        "definition": _REQUEST.dump_python(request.definition(), mode="json"),
    }
    if row is None:
        return RequestRow(mission_id=request.mission_id, request_id=request.request_id, **values)
    return row.sqlmodel_update(values)


def _request(row: RequestRow, history: list[RequestChange]) -> ActivityRequest:
    return replace(
        _REQUEST.validate_python(row.definition),
        state=RequestState[row.state],
        history=tuple(history),
        version=row.version,
        plan_id=row.plan_id,
        is_listed=row.is_listed,
    )
