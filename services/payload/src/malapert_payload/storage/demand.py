"""Budgets of demand, and leaves to use."""

from pydantic import TypeAdapter
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.domain.demand.budget import DemandBudget
from malapert_payload.domain.demand.use_permission import UsePermission
from malapert_payload.storage.tables import DemandBudgetRow, UsePermissionRow

_BUDGET = TypeAdapter(DemandBudget)
_PERMISSION = TypeAdapter(UsePermission)
_USE = {"used_value", "open_request_count", "held_request_count", "held_value"}


class DemandStore:
    """Stores budgets and leaves as they stand."""

    async def budgets(self, session: AsyncSession, mission_id: str) -> dict[str, DemandBudget]:
        """Return the budgets that a mission's owner has set, by agency."""
        rows = await session.exec(select(DemandBudgetRow).where(DemandBudgetRow.mission_id == mission_id))
        return {row.agency_id: _BUDGET.validate_python(row.document) for row in rows}

    async def save_budget(self, session: AsyncSession, budget: DemandBudget) -> None:
        """Store a budget in place of the one before; the mission must be locked."""
        document = _BUDGET.dump_python(budget, mode="json", exclude=_USE)
        await session.merge(
            DemandBudgetRow(mission_id=budget.mission_id, agency_id=budget.agency_id, document=document)
        )

    async def permissions(self, session: AsyncSession, mission_id: str) -> list[UsePermission]:
        """Return the leaves of a mission, by time of asking."""
        query = select(UsePermissionRow).where(UsePermissionRow.mission_id == mission_id)
        rows = await session.exec(query.order_by(col(UsePermissionRow.permission_id)))
        found = [_PERMISSION.validate_python(row.document) for row in rows]
        return sorted(found, key=lambda permission: (permission.asked_time, permission.permission_id))

    async def save_permission(self, session: AsyncSession, permission: UsePermission) -> None:
        """Store a leave as it stands; the mission must be locked."""
        await session.merge(
            UsePermissionRow(
                permission_id=permission.permission_id,
                mission_id=permission.mission_id,
                document=_PERMISSION.dump_python(permission, mode="json"),
            )
        )
