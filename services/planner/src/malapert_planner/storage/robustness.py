"""Assessments of robustness in a session's database."""

from malapert.planner.v1 import robustness_pb2
from malapert_core.errors import NotFoundError
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_planner.storage.tables import RobustnessRow


class RobustnessStore:
    """Keeps assessments; none is ever changed."""

    async def save(self, session: AsyncSession, assessment: robustness_pb2.Robustness) -> None:
        """Store an assessment."""
        content = assessment.SerializeToString(deterministic=True)
        names = {name: getattr(assessment, name) for name in ("robustness_id", "plan_id")}
        session.add(RobustnessRow(**names, message=content))

    async def get(self, session: AsyncSession, plan_id: str, robustness_id: str) -> robustness_pb2.Robustness:
        """Return an assessment of a plan; raise NotFoundError where there is none."""
        row = await session.get(RobustnessRow, robustness_id)
        if row is None or row.plan_id != plan_id:
            raise NotFoundError("robustness", robustness_id)
        return robustness_pb2.Robustness.FromString(row.message)

    async def page(
        self, session: AsyncSession, plan_id: str, before_id: str, size: int
    ) -> list[robustness_pb2.Robustness]:
        """Return at most so many assessments of a plan, newest first, without items."""
        query = select(RobustnessRow).where(col(RobustnessRow.plan_id) == plan_id)
        if before_id:
            query = query.where(col(RobustnessRow.robustness_id) < before_id)
        found = await session.exec(query.order_by(col(RobustnessRow.robustness_id).desc()).limit(size))
        shown = [robustness_pb2.Robustness.FromString(row.message) for row in found]
        for assessment in shown:
            assessment.ClearField("items")
        return shown

    async def keep_newest(self, session: AsyncSession, plan_id: str, agency_id: str, count: int) -> None:
        """Delete the assessments of a plan that an agency asked for but the newest; those of others stay."""
        await session.flush()
        query = select(RobustnessRow).where(col(RobustnessRow.plan_id) == plan_id)
        rows = await session.exec(query.order_by(col(RobustnessRow.robustness_id).desc()))
        own = [
            row.robustness_id
            for row in rows
            if robustness_pb2.Robustness.FromString(row.message).agency_id == agency_id
        ]
        if len(own) > count:
            await session.exec(delete(RobustnessRow).where(col(RobustnessRow.robustness_id).in_(own[count:])))
