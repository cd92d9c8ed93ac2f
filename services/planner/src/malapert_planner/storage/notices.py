"""Notices on plans, and what plans hold, in a session's database."""

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from malapert.planner.v1 import plan_pb2
from malapert_core.errors import NotFoundError
from malapert_core.timestamps import format_time, parse_time
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_planner.domain.life.notices import Acknowledgement, NoticeKind, PlanNotice
from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.life.states import ALIVE, PlanState
from malapert_planner.storage.tables import PlanContactRow, PlanContentRow, PlanNoticeRow, PlanRow, PlanUseRow

REQUEST, ITEM = "request", "item"
_ALIVE = [state.value for state in ALIVE]


class NoticeStore:
    """Keeps notices, and finds the plans that a change touches by what they hold."""

    async def using(
        self, session: AsyncSession, mission_id: str, kind: str, subject_id: str, made_before: datetime
    ) -> dict[str, PlanState]:
        """Return the plans that have not ended and were made before an instant of a request or item of the catalogue.

        ``kind`` is `REQUEST` or `ITEM`. Each comes with its state.
        """
        query = (
            select(PlanRow.plan_id, PlanRow.state)
            .join(PlanUseRow, col(PlanUseRow.plan_id) == col(PlanRow.plan_id))
            .where(PlanUseRow.mission_id == mission_id, PlanUseRow.kind == kind, PlanUseRow.subject_id == subject_id)
        )
        return await _found(session, query, made_before)

    async def holding_antenna(
        self,
        session: AsyncSession,
        station_id: str,
        span: tuple[datetime, datetime],
        made_before: datetime,
        states: Collection[PlanState] = ALIVE,
    ) -> dict[str, tuple[str, ...]]:
        """Return the plans in some states that take an antenna within a span, with the names of their contacts."""
        query = (
            select(PlanRow.plan_id, PlanContactRow.number)
            .join(PlanContactRow, col(PlanContactRow.plan_id) == col(PlanRow.plan_id))
            .where(
                PlanContactRow.station_id == station_id,
                col(PlanContactRow.end_time) > span[0],
                col(PlanContactRow.start_time) < span[1],
                col(PlanRow.state).in_([state.value for state in states]),
                col(PlanRow.created_time) < made_before,
            )
            .order_by(col(PlanContactRow.number))
        )
        found: dict[str, tuple[str, ...]] = {}
        for plan_id, number in (await session.exec(query)).all():
            found[plan_id] = (*found.get(plan_id, ()), f"contacts[{number}]")
        return found

    async def of_mission(self, session: AsyncSession, mission_id: str, made_before: datetime) -> dict[str, PlanState]:
        """Return the plans of a mission that have not ended and were made before an instant, with their states."""
        query = select(PlanRow.plan_id, PlanRow.state).where(PlanRow.mission_id == mission_id)
        return await _found(session, query, made_before)

    async def parties(self, session: AsyncSession, plan_ids: Iterable[str]) -> dict[str, dict[str, list[str]]]:
        """Return the agencies that a change of what plans hold touches."""
        wanted = sorted(plan_ids)
        query = select(PlanContentRow.plan_id, PlanContentRow.parties).where(col(PlanContentRow.plan_id).in_(wanted))
        return {plan_id: dict(found) for plan_id, found in (await session.exec(query)).all()} if wanted else {}

    async def add(self, session: AsyncSession, notices: Mapping[str, PlanNotice]) -> list[str]:
        """Store the notice of each plan, and return the plans on which it was not there already."""
        wanted, names = sorted(notices), {notice.notice_id for notice in notices.values()}
        asked = select(PlanNoticeRow.plan_id, PlanNoticeRow.notice_id).where(
            col(PlanNoticeRow.plan_id).in_(wanted), col(PlanNoticeRow.notice_id).in_(names)
        )
        there = set((await session.exec(asked)).all()) if wanted else set()
        new = [plan_id for plan_id in wanted if (plan_id, notices[plan_id].notice_id) not in there]
        salted = {plan_id: replace(notices[plan_id], salt=secrets.token_hex(16)) for plan_id in new}
        session.add_all([PlanNoticeRow(plan_id=plan_id, **_columns(salted[plan_id])) for plan_id in new])
        return new

    async def acknowledge(
        self, session: AsyncSession, plan_id: str, notice_ids: Sequence[str], by: Acknowledgement
    ) -> list[PlanNotice]:
        """Store an agency's word on some notices of a plan.

        Raises
        ------
        NotFoundError
            ``UNKNOWN_NOTICE``.
        """
        rows = {row.notice_id: row for row in await _rows(session, plan_id)}
        for notice_id in notice_ids:
            if notice_id not in rows:
                raise NotFoundError("notice", notice_id)
        changed = []
        for notice_id in notice_ids:
            before = _notice(rows[notice_id])
            after = before.acknowledged(by)
            if after != before:
                row = rows[notice_id]
                row.acknowledgements, row.is_open = _columns(after)["acknowledgements"], False
                session.add(row)
                changed.append(after)
        return changed


async def notices_of(session: AsyncSession, plan_id: str) -> tuple[PlanNotice, ...]:
    """Return the notices on a plan, oldest first."""
    return tuple(map(_notice, await _rows(session, plan_id)))


def holding_rows(plan: Plan) -> list[SQLModel]:
    """Return the rows by which a plan is found."""
    mission_id = plan.content.mission_id
    used = [*((REQUEST, name) for name in plan.content.planned_requests), *((ITEM, name) for name in _items(plan))]
    rows: list[SQLModel] = [
        PlanUseRow(plan_id=plan.plan_id, kind=kind, subject_id=name, mission_id=mission_id) for kind, name in used
    ]
    rows += [
        PlanContactRow(
            plan_id=plan.plan_id,
            number=number,
            station_id=contact.station_id,
            start_time=contact.start_time - timedelta(seconds=contact.setup_s),
            end_time=contact.end_time + timedelta(seconds=contact.teardown_s),
        )
        for number, contact in enumerate(plan.content.contacts)
    ]
    return rows


def _items(plan: Plan) -> list[str]:
    """Return the instruments and activity types that a plan was made with."""
    message = plan_pb2.Plan.FromString(plan.content.message)
    return items_of(message.provenance.parameters.get("item_versions", ""))


def items_of(item_versions: str) -> list[str]:
    """Return the identifiers in a list of versions of instruments and activity types."""
    return sorted({name.strip().rpartition("@")[0] for name in item_versions.split(",")} - {""})


async def _found(session: AsyncSession, query: Any, made_before: datetime) -> dict[str, PlanState]:
    alive = query.where(col(PlanRow.state).in_(_ALIVE), col(PlanRow.created_time) < made_before)
    return {plan_id: PlanState(state) for plan_id, state in (await session.exec(alive)).all()}


async def _rows(session: AsyncSession, plan_id: str) -> Sequence[PlanNoticeRow]:
    query = select(PlanNoticeRow).where(PlanNoticeRow.plan_id == plan_id)
    return (await session.exec(query.order_by(col(PlanNoticeRow.time), col(PlanNoticeRow.notice_id)))).all()


def _columns(notice: PlanNotice) -> dict[str, Any]:
    words = [{**asdict(word), "time": format_time(word.time)} for word in notice.acknowledgements]
    lists = {"item_ids": list(notice.item_ids), "agency_ids": list(notice.agency_ids)}
    return {**asdict(notice), **lists, "kind": notice.kind.value, "acknowledgements": words, "is_open": notice.is_open}


def _notice(row: PlanNoticeRow) -> PlanNotice:
    columns = row.model_dump(exclude={"plan_id", "is_open"})
    words = (Acknowledgement(**{**word, "time": parse_time(word["time"])}) for word in columns["acknowledgements"])
    return PlanNotice(
        **{
            **columns,
            "kind": NoticeKind(columns["kind"]),
            "item_ids": tuple(columns["item_ids"]),
            "agency_ids": tuple(columns["agency_ids"]),
            "acknowledgements": tuple(words),
        }
    )
