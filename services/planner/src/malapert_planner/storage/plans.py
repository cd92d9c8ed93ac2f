"""Plans in a session's database."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any

from malapert_core.errors import ConflictError, NotFoundError
from malapert_core.timestamps import format_time, parse_time, utc_now
from sqlalchemy import ColumnElement, and_, false, func, or_, update
from sqlalchemy import select as sql_select
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

from malapert_planner.domain.life.acts import PlanAct, PlanAction
from malapert_planner.domain.life.content import PlanContact, PlanContent
from malapert_planner.domain.life.listing import ListedPlan, NoticedPlan, PlanFilter, PlanPlace
from malapert_planner.domain.life.plan import AwaitedContact, Plan
from malapert_planner.domain.life.reviews import Review
from malapert_planner.domain.life.standing import PlanStanding
from malapert_planner.domain.life.states import ALIVE, Pending, PlanState
from malapert_planner.domain.schedule.result import SolveStatus
from malapert_planner.storage.notices import holding_rows, notices_of
from malapert_planner.storage.review_columns import review_columns, review_of, sign_off_columns, sign_off_of
from malapert_planner.storage.tables import PlanContentRow, PlanNoticeRow, PlanRow


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a plan stands: its state, the plan that it was made from, and the one that took over from it."""

    plan_id: str
    state: PlanState
    precursor_plan_id: str
    superseded_by_plan_id: str


@dataclass(frozen=True, slots=True)
class BookingHolder:
    """A plan with its bookings, in the order of its contacts."""

    plan_id: str
    state: PlanState
    pending: Pending
    contact_ids: tuple[str, ...]


_IN_SHORT = (
    *(col(getattr(PlanRow, name)) for name in ("plan_id", "owner_agency_id", "mission_id", "state", "state_reason")),
    *(
        col(getattr(PlanContentRow, name))
        for name in ("mission_version", "content_hash", "planned_requests", "owner_only_requests")
    ),
)


class PlanStore:
    """Keeps plans."""

    async def add(self, session: AsyncSession, plan: Plan) -> None:
        """Store a new plan."""
        fixed = _fixed_columns(plan) | {"updated_time": plan.created_time}
        session.add(PlanRow(plan_id=plan.plan_id, **_state_columns(plan), **fixed))
        await session.flush()
        session.add(PlanContentRow(plan_id=plan.plan_id, **_content_columns(plan.content)))
        session.add_all(holding_rows(plan))

    async def get(self, session: AsyncSession, plan_id: str) -> Plan:
        """Return a plan; raise NotFoundError where there is none."""
        found = (await session.exec(_plans().where(col(PlanRow.plan_id) == plan_id))).first()
        if found is None:
            raise NotFoundError("plan", plan_id)
        return replace(_of_rows(*found), notices=await notices_of(session, plan_id))

    async def place(self, session: AsyncSession, plan_id: str) -> PlanPlace | None:
        """Return the mission, maker and age of a plan; None where there is no such plan."""
        columns = (PlanRow.mission_id, PlanRow.owner_agency_id, PlanRow.created_time, PlanRow.state)
        found = (await session.exec(select(*columns).where(col(PlanRow.plan_id) == plan_id))).first()
        return None if found is None else PlanPlace(*found[:3], PlanState(found[3]))

    async def page(self, session: AsyncSession, size: int, wanted: PlanFilter) -> list[ListedPlan]:
        """Return at most so many of the wanted plans, newest first."""
        # What a plan is made of is large: a listing reads its headline alone.
        query = select(PlanRow, PlanContentRow.headline, PlanContentRow.owner_only_requests).where(
            col(PlanContentRow.plan_id) == col(PlanRow.plan_id)
        )
        if wanted.mission_id:
            query = query.where(col(PlanRow.mission_id) == wanted.mission_id)
        if wanted.entered is not None:
            query = query.where(or_(false(), *_seen(wanted.entered)))
        if wanted.states:
            query = query.where(col(PlanRow.state).in_([state.value for state in wanted.states]))
        else:
            query = query.where(col(PlanRow.state) != PlanState.ARCHIVED.value)
        if wanted.statuses:
            query = query.where(col(PlanContentRow.status).in_([status.value for status in wanted.statuses]))
        if wanted.pending_steps:
            query = query.where(col(PlanRow.pending).in_([step.value for step in wanted.pending_steps]))
        if wanted.only_noticed:
            open_ones = select(PlanNoticeRow.plan_id).where(col(PlanNoticeRow.is_open))
            query = query.where(col(PlanRow.plan_id).in_(open_ones))
        if wanted.before_id:
            query = query.where(col(PlanRow.plan_id) < wanted.before_id)
        query = query.order_by(col(PlanRow.plan_id).desc()).limit(size)
        return [_listed(*rows) for rows in (await session.exec(query)).all()]

    async def pending_ids(self, session: AsyncSession) -> list[str]:
        """Return the plans with which something was begun and not finished, oldest first."""
        query = select(PlanRow.plan_id).where(col(PlanRow.pending) != Pending.NONE).order_by(col(PlanRow.plan_id))
        return list((await session.exec(query)).all())

    async def in_short(self, session: AsyncSession, plan_ids: Collection[str]) -> list[NoticedPlan]:
        """Return plans in short, by identifier."""
        query = sql_select(*_IN_SHORT).where(
            col(PlanContentRow.plan_id) == col(PlanRow.plan_id), col(PlanRow.plan_id).in_(list(plan_ids))
        )
        rows = (await (await session.connection()).execute(query.order_by(col(PlanRow.plan_id)))).mappings().all()
        return [NoticedPlan(**{**row, "state": PlanState(row["state"])}) for row in rows]

    async def holder(self, session: AsyncSession, plan_id: str) -> "BookingHolder | None":
        """Return where a plan stands and its bookings, without its content; None where there is no such plan."""
        columns = (PlanRow.plan_id, PlanRow.state, PlanRow.pending, PlanRow.contact_ids)
        row = (await session.exec(select(*columns).where(PlanRow.plan_id == plan_id))).first()
        return None if row is None else BookingHolder(row[0], PlanState(row[1]), Pending(row[2]), tuple(row[3]))

    async def unchanged_drafts(self, session: AsyncSession, since: datetime, limit: int) -> list[str]:
        """Return at most so many drafts that were not changed since an instant and of which nothing is pending."""
        query = select(PlanRow.plan_id).where(
            PlanRow.state == PlanState.DRAFT.value,
            PlanRow.pending == Pending.NONE.value,
            func.coalesce(col(PlanRow.updated_time), col(PlanRow.created_time)) < since,
        )
        return list((await session.exec(query.order_by(col(PlanRow.plan_id)).limit(limit))).all())

    async def standing(self, session: AsyncSession, plan_id: str) -> "Standing":
        """Return where a plan stands, without its content; raise NotFoundError where there is none."""
        columns = (PlanRow.plan_id, PlanRow.state, PlanRow.precursor_plan_id, PlanRow.superseded_by_plan_id)
        row = (await session.exec(select(*columns).where(PlanRow.plan_id == plan_id))).first()
        if row is None:
            raise NotFoundError("plan", plan_id)
        return Standing(row[0], PlanState(row[1]), row[2], row[3])

    async def save(self, session: AsyncSession, plan: Plan) -> Plan:
        """Store a change of a plan, and return it with the instant of the change.

        Raises
        ------
        ConflictError
            ``CONCURRENT_CHANGE`` where somebody else changed it meanwhile.
        """
        change = update(PlanRow).where(col(PlanRow.plan_id) == plan.plan_id, col(PlanRow.version) == plan.version - 1)
        now = utc_now()
        result = await session.exec(change.values(**_state_columns(plan), updated_time=now))
        if result.rowcount != 1:
            raise ConflictError("CONCURRENT_CHANGE", "the plan was changed by somebody else just now; read it again")
        return replace(plan, updated_time=now)


def _seen(entered: Mapping[str, datetime | None]) -> Iterator[ColumnElement[bool]]:
    """Yield what tells the plans that a reader sees: of each mission all, or those that live or are younger."""
    yield col(PlanRow.mission_id).in_([mission_id for mission_id, since in entered.items() if since is None])
    for mission_id, since in entered.items():
        if since is not None:
            is_present = or_(
                col(PlanRow.state).in_([state.value for state in ALIVE]), col(PlanRow.created_time) >= since
            )
            yield and_(col(PlanRow.mission_id) == mission_id, is_present)


def _plans() -> Select[PlanRow, PlanContentRow]:
    return select(PlanRow, PlanContentRow).where(col(PlanContentRow.plan_id) == col(PlanRow.plan_id))


def _state_columns(plan: Plan) -> dict[str, Any]:
    return {
        "state": plan.state.value,
        "state_reason": plan.state_reason,
        "reviews": [review_columns(review) for review in plan.reviews],
        "sign_off": sign_off_columns(plan.sign_off),
        "contact_ids": list(plan.contact_ids),
        "pending": plan.pending.value,
        "pending_by": list(plan.pending_by),
        "version": plan.version,
        "pending_key": plan.pending_key,
        "awaited": [_plain(contact) for contact in plan.awaited],
        "supersedes_plan_id": plan.supersedes_plan_id,
        "superseded_by_plan_id": plan.superseded_by_plan_id,
        "acts": [_plain(act) for act in plan.acts],
    }


def _plain(record: PlanAct | AwaitedContact) -> dict[str, Any]:
    values = asdict(record)
    return {name: format_time(value) if isinstance(value, datetime) else value for name, value in values.items()}


def _acts(row: PlanRow) -> tuple[PlanAct, ...]:
    return tuple(
        PlanAct(**{**act, "action": PlanAction(act["action"]), "time": parse_time(act["time"])}) for act in row.acts
    )


def _awaited(row: PlanRow) -> tuple[AwaitedContact, ...]:
    names = ("start_time", "end_time", "until_time")
    return tuple(
        AwaitedContact(**{**each, **{name: parse_time(each[name]) if each[name] else None for name in names}})
        for each in row.awaited
    )


def _fixed_columns(plan: Plan) -> dict[str, Any]:
    return {
        "mission_id": plan.content.mission_id,
        "reviewer_agency_ids": list(plan.reviewer_agency_ids),
        "owner_agency_id": plan.owner_agency_id,
        "precursor_plan_id": plan.precursor_plan_id,
        "created_time": plan.created_time,
    }


def _content_columns(content: PlanContent) -> dict[str, Any]:
    columns = {name: getattr(content, name) for name in PlanContent.__slots__ if name != "mission_id"}
    contacts = [
        {
            "station_id": contact.station_id,
            "start_time": format_time(contact.start_time),
            "end_time": format_time(contact.end_time),
            "window_id": contact.window_id,
            "setup_s": contact.setup_s,
            "teardown_s": contact.teardown_s,
        }
        for contact in content.contacts
    ]
    return {**columns, "status": content.status.value, "contacts": contacts}


def _listed(row: PlanRow, headline: bytes, owner_only_requests: Mapping[str, str]) -> ListedPlan:
    return ListedPlan(
        **_standing(row),
        headline=headline,
        mission_id=row.mission_id,
        owner_only_requests=dict(owner_only_requests),
    )


def _standing(row: PlanRow) -> dict[str, Any]:
    """Return the fields of `PlanStanding`."""
    kept = {each.name: getattr(row, each.name) for each in fields(PlanStanding)}
    converted = {
        "state": PlanState(row.state),
        "pending": Pending(row.pending),
        "reviews": _reviews(row),
        "acts": _acts(row),
    }
    return kept | converted


def _reviews(row: PlanRow) -> tuple[Review, ...]:
    return tuple(map(review_of, row.reviews))


def _of_rows(row: PlanRow, content_row: PlanContentRow) -> Plan:
    columns = content_row.model_dump(exclude={"plan_id"})
    columns["status"] = SolveStatus(columns["status"])
    contacts = tuple(
        PlanContact(
            contact["station_id"],
            parse_time(contact["start_time"]),
            parse_time(contact["end_time"]),
            contact["window_id"],
            contact.get("setup_s", 0),
            contact.get("teardown_s", 0),
        )
        for contact in columns.pop("contacts")
    )
    return Plan(
        **_standing(row),
        content=PlanContent(mission_id=row.mission_id, contacts=contacts, **columns),
        reviewer_agency_ids=tuple(row.reviewer_agency_ids),
        sign_off=sign_off_of(row.sign_off),
        contact_ids=tuple(row.contact_ids),
        pending_by=tuple(row.pending_by),
        pending_key=row.pending_key,
        awaited=_awaited(row),
    )
