"""Edits under way in a session's database."""

from typing import Any

from malapert.planner.v1 import edit_pb2
from malapert_core.errors import NotFoundError
from sqlalchemy import func
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_planner.domain.life.edit_drafts import EditDraft
from malapert_planner.storage.tables import EditDraftRow


class EditDraftStore:
    """Keeps edits that are under way; only the agency whose they are is told of them."""

    async def save(self, session: AsyncSession, draft: EditDraft) -> None:
        """Store edits, new or changed."""
        await session.merge(EditDraftRow(**_columns(draft)))

    async def get(
        self, session: AsyncSession, plan_id: str, draft_id: str, agency_id: str, *, for_update: bool = False
    ) -> EditDraft:
        """Return edits of a plan; raise NotFoundError where an agency has no such."""
        query = select(EditDraftRow).where(col(EditDraftRow.draft_id) == draft_id)
        row = (await session.exec(query.with_for_update() if for_update else query)).first()
        if row is None or (row.plan_id, row.agency_id) != (plan_id, agency_id):
            raise NotFoundError("edit draft", draft_id)
        return _of_row(row)

    async def page(
        self, session: AsyncSession, plan_id: str, agency_id: str, before_id: str, size: int
    ) -> list[EditDraft]:
        """Return at most so many of an agency's edits of a plan, newest first."""
        query = select(EditDraftRow).where(
            col(EditDraftRow.plan_id) == plan_id, col(EditDraftRow.agency_id) == agency_id
        )
        if before_id:
            query = query.where(col(EditDraftRow.draft_id) < before_id)
        return [
            _of_row(row) for row in (await session.exec(query.order_by(col(EditDraftRow.draft_id).desc()).limit(size)))
        ]

    async def count(self, session: AsyncSession, plan_id: str, agency_id: str) -> int:
        """Return how many edits of a plan an agency has under way."""
        query = select(func.count()).where(
            col(EditDraftRow.plan_id) == plan_id, col(EditDraftRow.agency_id) == agency_id
        )
        return int((await session.exec(query)).one())

    async def remove(self, session: AsyncSession, draft_id: str) -> None:
        """Forget edits."""
        await session.exec(delete(EditDraftRow).where(col(EditDraftRow.draft_id) == draft_id))


def _columns(draft: EditDraft) -> dict[str, Any]:
    columns = {name: getattr(draft, name) for name in EditDraft.__dataclass_fields__}
    kept = edit_pb2.EditDraft(edits=[edit_pb2.PlanEdit.FromString(edit) for edit in draft.edits])
    return columns | {"edits": kept.SerializeToString(deterministic=True)}


def _of_row(row: EditDraftRow) -> EditDraft:
    kept = edit_pb2.EditDraft.FromString(row.edits).edits
    return EditDraft(
        **{**row.model_dump(), "edits": tuple(each.SerializeToString(deterministic=True) for each in kept)}
    )
