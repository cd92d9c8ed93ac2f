"""Requests with their history."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy
from malapert_core.background import in_turns
from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, insert, or_, true, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.domain.demand.budget import COUNTED_STATES, BudgetEntry
from malapert_payload.domain.requests.request import (
    ActivityRequest,
    Origin,
    RequestChange,
    RequestFilter,
    RequestState,
    Standing,
    Triage,
    Visibility,
)
from malapert_payload.domain.requests.visibility import PRESENT_STATES, ReadScope
from malapert_payload.storage.tables import RequestChangeRow, RequestRow

Changed = tuple[ActivityRequest | None, ActivityRequest]
"""A request before a change (None for a new one) and after it."""
Query = Select[Any]

_REQUEST = TypeAdapter(ActivityRequest)
_PROGRESS = TypeAdapter(Standing)
_STANDING_FIELDS = {"state", "history", "version", "standing", "holds"}
_STANDING_COLUMNS = {"plan_id", "is_listed"}
_IDS_A_STATEMENT = 500
_ROWS_A_STATEMENT = 100
"""Between statements the event loop goes on: a statement with many rows takes tens of milliseconds to be bound."""
_TABLE = RequestRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_CHANGE_TABLE = RequestChangeRow.__table__  # type: ignore[attr-defined]
_KEYS = ("mission_id", "request_id")
_CHANGING = (
    "agency_id",
    "visibility",
    "state",
    "version",
    "plan_id",
    "is_listed",
    "has_relations",
    "progress",
    "definition",
)
_UPDATE = (
    update(RequestRow)
    .where(*(getattr(RequestRow, name) == bindparam(f"new_{name}") for name in _KEYS))
    .values({name: bindparam(f"new_{name}") for name in _CHANGING})
)


class RequestStore:
    """Stores requests as they stand, and each change once."""

    async def find_all(
        self, session: AsyncSession, mission_id: str, request_ids: Collection[str]
    ) -> dict[str, ActivityRequest]:
        """Return those of the requests that there are, by identifier."""
        found: dict[str, ActivityRequest] = {}
        for part in _parts(request_ids):
            query = _of_mission(mission_id).where(col(RequestRow.request_id).in_(part))
            found |= _by_id(await self._load(session, query))
        return found

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
        return await self._load(session, _of_mission(mission_id).where(col(RequestRow.plan_id) == plan_id))

    async def with_relations(self, session: AsyncSession, mission_id: str) -> list[ActivityRequest]:
        """Return a mission's requests that have relations to others, without their histories."""
        query = _of_mission(mission_id).where(col(RequestRow.has_relations))
        return await in_turns(lambda row: _request(row, []), await _rows(session, query))

    async def page(
        self, session: AsyncSession, mission_id: str, read_scope: ReadScope, wanted: RequestFilter, limit: int
    ) -> list[ActivityRequest]:
        """Return at most so many of the requests that are seen and wanted, by identifier."""
        query = _of_mission(mission_id).where(
            _admitted(read_scope), col(RequestRow.request_id) > wanted.after_request_id
        )
        if wanted.states:
            query = query.where(_in_states(wanted.states))
        if wanted.visibilities:
            query = query.where(_visible_to(wanted.visibilities))
        if wanted.agency_id:
            query = query.where(col(RequestRow.agency_id) == wanted.agency_id)
        return await self._load(session, query.limit(limit))

    async def budget_entries(
        self, session: AsyncSession, mission_id: str, agency_ids: Collection[str]
    ) -> list[BudgetEntry]:
        """Return the requests of some agencies as their budgets count them."""
        value = col(RequestRow.definition)["value"].as_float()
        names = ("request_id", "agency_id", "state", "progress", "is_listed")
        query = sqlalchemy.select(*(getattr(RequestRow, name) for name in names), value, col(RequestChangeRow.time))
        query = query.where(
            col(RequestRow.mission_id) == mission_id,
            col(RequestRow.agency_id).in_(sorted(agency_ids)),
            _in_states(COUNTED_STATES),
            col(RequestChangeRow.mission_id) == col(RequestRow.mission_id),
            col(RequestChangeRow.request_id) == col(RequestRow.request_id),
            col(RequestChangeRow.version) == 1,
        )
        return await in_turns(lambda row: _budget_entry(*row), await _rows(session, query))

    async def save_all(self, session: AsyncSession, changes: Sequence[Changed]) -> None:
        """Store requests as they stand and the changes since they were stored last; the mission must be locked."""
        connection = await session.connection()
        for start in range(0, len(changes), _ROWS_A_STATEMENT):
            part = changes[start : start + _ROWS_A_STATEMENT]
            new = [_values(after) for before, after in part if before is None]
            changed = [_values(after) for before, after in part if before is not None]
            rows = [row for before, after in part for row in _change_rows(before, after)]
            if new:
                await connection.execute(insert(RequestRow), new)
            if changed:
                await connection.execute(
                    _UPDATE, [{f"new_{name}": value for name, value in row.items()} for row in changed]
                )
            if rows:
                await connection.execute(insert(RequestChangeRow), rows)

    async def _load(self, session: AsyncSession, query: Query) -> list[ActivityRequest]:
        rows = await in_turns(lambda row: row, await _rows(session, query.order_by(RequestRow.request_id)))
        histories = await self._histories(session, rows)
        return await in_turns(lambda row: _request(row, histories[row.request_id]), rows)

    async def _histories(
        self, session: AsyncSession, rows: Sequence[Row[Any]]
    ) -> defaultdict[str, list[RequestChange]]:
        histories: defaultdict[str, list[RequestChange]] = defaultdict(list)
        if not rows:
            return histories
        wanted = {row.request_id for row in rows}
        request_id = col(RequestChangeRow.request_id)
        # Few may lie far apart, with histories of many others between them.
        is_wanted = (
            request_id.in_(sorted(wanted))
            if len(wanted) <= _IDS_A_STATEMENT
            else request_id.between(rows[0].request_id, rows[-1].request_id)
        )
        query = sqlalchemy.select(_CHANGE_TABLE).where(RequestChangeRow.mission_id == rows[0].mission_id, is_wanted)

        def add(row: Row[Any]) -> None:
            if row.request_id in wanted:
                state = RequestState[row.state]
                change = RequestChange(state, row.time, row.agency_id, row.reason, row.principal_id)
                histories[row.request_id].append(change)

        ordered = query.order_by(RequestChangeRow.request_id, col(RequestChangeRow.version))
        await in_turns(add, await _rows(session, ordered))
        return histories


async def _rows(session: AsyncSession, query: Query) -> Iterable[Row[Any]]:
    """Return rows whose values are made as they are asked for: objects would all be made at once, on the event loop."""
    return await (await session.connection()).execute(query)


def _of_mission(mission_id: str) -> Query:
    return sqlalchemy.select(_TABLE).where(col(RequestRow.mission_id) == mission_id)


def _in_states(states: Iterable[RequestState]) -> ColumnElement[bool]:
    return col(RequestRow.state).in_([state.name for state in states])


def _admitted(read_scope: ReadScope) -> ColumnElement[bool]:
    if read_scope.everything:
        return true()
    visible = _visible_to(read_scope.visibilities)
    if read_scope.since is not None:
        visible = and_(visible, or_(_in_states(PRESENT_STATES), _changed_since(read_scope.since)))
    own = col(RequestRow.agency_id) == read_scope.agency_id
    return or_(visible, own, _visible_to(read_scope.always))


def _changed_since(time: datetime) -> ColumnElement[bool]:
    """Tell whether the last change was at an instant or later."""
    return (
        select(RequestChangeRow.version)
        .where(
            RequestChangeRow.mission_id == RequestRow.mission_id,
            RequestChangeRow.request_id == RequestRow.request_id,
            RequestChangeRow.version == RequestRow.version,
            RequestChangeRow.time >= time,
        )
        .exists()
    )


def _visible_to(visibilities: Iterable[Visibility]) -> ColumnElement[bool]:
    return col(RequestRow.visibility).in_([visibility.name for visibility in visibilities])


def _by_id(requests: Iterable[ActivityRequest]) -> dict[str, ActivityRequest]:
    return {request.request_id: request for request in requests}


def _values(request: ActivityRequest) -> dict[str, Any]:
    standing = request.standing
    return {
        "mission_id": request.mission_id,
        "request_id": request.request_id,
        "agency_id": request.agency_id,
        "visibility": request.visibility.name,
        "state": request.state.name,
        "version": request.version,
        "plan_id": standing.plan_id,
        "is_listed": standing.is_listed,
        "has_relations": bool(request.relations),
        "progress": _PROGRESS.dump_python(standing, mode="json", exclude=_STANDING_COLUMNS),
        "definition": _REQUEST.dump_python(request.definition(), mode="json", exclude=_STANDING_FIELDS),
    }


def _change_rows(before: ActivityRequest | None, after: ActivityRequest) -> Iterator[dict[str, Any]]:
    stored_version = before.version if before else 0
    for version, change in enumerate(after.history[stored_version:], start=stored_version + 1):
        yield {
            "mission_id": after.mission_id,
            "request_id": after.request_id,
            "version": version,
            "state": change.state.name,
            "time": change.time,
            "agency_id": change.agency_id,
            "reason": change.reason,
            "principal_id": change.principal_id,
        }


def _budget_entry(
    request_id: str, agency_id: str, state: str, progress: dict[str, Any], is_listed: bool, value: float, time: datetime
) -> BudgetEntry:
    origin = progress.get("origin", Origin.DOCUMENT if is_listed else Origin.AGENCY)
    triage = Triage(progress.get("triage", Triage.NONE))
    return BudgetEntry(request_id, agency_id, value, RequestState[state], Origin(origin), triage, time)


def _parts(identifiers: Collection[str]) -> Iterator[Sequence[str]]:
    """Cut a long list to what a statement of any database can name."""
    ordered = sorted(set(identifiers))
    for start in range(0, len(ordered), _IDS_A_STATEMENT):
        yield ordered[start : start + _IDS_A_STATEMENT]


def _request(row: Row[Any], history: list[RequestChange]) -> ActivityRequest:
    return replace(
        _REQUEST.validate_python(row.definition),
        state=RequestState[row.state],
        history=tuple(history),
        version=row.version,
        standing=_standing(row),
    )


def _standing(row: Row[Any]) -> Standing:
    if "origin" in row.progress:
        return _PROGRESS.validate_python({**row.progress, "plan_id": row.plan_id, "is_listed": row.is_listed})
    # Stored before the mission's owner granted what is mandatory: its document's word counts as before.
    known = _PROGRESS.validate_python(row.progress)
    return replace(
        known,
        plan_id=row.plan_id,
        is_listed=row.is_listed,
        origin=Origin.DOCUMENT if row.is_listed else Origin.AGENCY,
        mandatory_granted=row.is_listed and bool(row.definition.get("mandatory")),
    )
