"""Plans that were terminated."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.storage.tables import EndedPlanRow


class EndedPlanStore:
    """Remembers which plans were terminated."""

    async def has_ended(self, session: AsyncSession, plan_id: str) -> bool:
        """Tell whether a plan was terminated."""
        return await session.get(EndedPlanRow, plan_id) is not None

    async def add(self, session: AsyncSession, plan_id: str, time: datetime) -> None:
        """Remember that a plan was terminated."""
        if not await self.has_ended(session, plan_id):
            session.add(EndedPlanRow(plan_id=plan_id, ended_time=time))
