"""Consultation threads in a session's database."""

from dataclasses import asdict
from typing import Any

from malapert_core.errors import NotFoundError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_planner.domain.life.threads import Thread, ThreadComment
from malapert_planner.storage.tables import PlanRow, PlanThreadCommentRow, PlanThreadRow


class ThreadStore:
    """Keeps threads and their comments; none is ever taken away."""

    async def save(self, session: AsyncSession, thread: Thread) -> None:
        """Store a thread, new or changed."""
        columns: dict[str, Any] = asdict(thread) | {"audience_agency_ids": list(thread.audience_agency_ids)}
        await session.merge(PlanThreadRow(**columns))

    def add_comment(self, session: AsyncSession, thread_id: str, comment: ThreadComment) -> None:
        """Store a new comment."""
        columns: dict[str, Any] = asdict(comment) | {"mentioned_agency_ids": list(comment.mentioned_agency_ids)}
        session.add(PlanThreadCommentRow(thread_id=thread_id, **columns))

    async def lock_plan(self, session: AsyncSession, plan_id: str) -> None:
        """Let nobody else open a thread on a plan until the transaction ends."""
        await session.exec(select(PlanRow.plan_id).where(col(PlanRow.plan_id) == plan_id).with_for_update())

    async def get(self, session: AsyncSession, plan_id: str, thread_id: str, *, for_update: bool = False) -> Thread:
        """Return a thread on a plan; raise NotFoundError where there is no such."""
        query = select(PlanThreadRow).where(col(PlanThreadRow.thread_id) == thread_id)
        row = (await session.exec(query.with_for_update() if for_update else query)).first()
        if row is None or row.plan_id != plan_id:
            raise NotFoundError("thread", thread_id)
        return _of_row(row)

    async def of_plan(self, session: AsyncSession, plan_id: str) -> list[Thread]:
        """Return the threads on a plan, newest first; their number is bounded."""
        query = select(PlanThreadRow).where(col(PlanThreadRow.plan_id) == plan_id)
        return [_of_row(row) for row in (await session.exec(query.order_by(col(PlanThreadRow.thread_id).desc()))).all()]

    async def comments(self, session: AsyncSession, thread_id: str) -> tuple[ThreadComment, ...]:
        """Return the comments of a thread, oldest first."""
        query = select(PlanThreadCommentRow).where(col(PlanThreadCommentRow.thread_id) == thread_id)
        rows = (await session.exec(query.order_by(col(PlanThreadCommentRow.number)))).all()
        return tuple(_comment_of(row) for row in rows)


def _of_row(row: PlanThreadRow) -> Thread:
    return Thread(**{**row.model_dump(), "audience_agency_ids": tuple(row.audience_agency_ids)})


def _comment_of(row: PlanThreadCommentRow) -> ThreadComment:
    columns = row.model_dump(exclude={"thread_id"})
    return ThreadComment(**{**columns, "mentioned_agency_ids": tuple(row.mentioned_agency_ids)})
