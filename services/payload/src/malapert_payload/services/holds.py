"""Holds on requests: what keeps them from being planned now."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.demand.budget import BudgetUse, DemandBudget, use_of
from malapert_payload.domain.demand.use_permission import use_holds
from malapert_payload.domain.requests.lifecycle import PLANNABLE_STATES
from malapert_payload.domain.requests.request import ActivityRequest, Hold, HoldKind, Triage
from malapert_payload.services.ports import Stores


class DemandHolds:
    """Tells what holds requests back; nothing of it is stored with them, so that each cause ends by itself.

    Parameters
    ----------
    stores : Stores
    """

    def __init__(self, stores: Stores) -> None:
        self._demand = stores.demand
        self._requests = stores.requests

    async def added(
        self, session: AsyncSession, catalogue: Catalogue, requests: Sequence[ActivityRequest], now: datetime
    ) -> list[ActivityRequest]:
        """Return requests with what holds them back; of those that are not to be planned anyway nothing does."""
        live = [request for request in requests if request.state in PLANNABLE_STATES]
        permissions = await self._demand.permissions(session, catalogue.mission_id) if live else []
        over = await self.budget_holds(session, catalogue.mission_id, {request.agency_id for request in live})
        holds = {
            request.request_id: (
                *over.get(request.request_id, ()),
                *_owner_holds(request, now),
                *use_holds(request, catalogue, permissions),
            )
            for request in live
        }
        return [replace(request, holds=holds.get(request.request_id, ())) for request in requests]

    async def budget_holds(
        self, session: AsyncSession, mission_id: str, agency_ids: Collection[str]
    ) -> Mapping[str, tuple[Hold, ...]]:
        """Return the holds on what is beyond the budgets of some agencies, by request."""
        budgets = await self._demand.budgets(session, mission_id)
        uses = await self._uses(session, mission_id, [budgets[name] for name in agency_ids if name in budgets])
        return {request_id: holds for use in uses for request_id, holds in use.holds.items()}

    async def budgets(self, session: AsyncSession, mission_id: str, agency_ids: Collection[str]) -> list[DemandBudget]:
        """Return the budgets of some agencies with their use, by agency; one that is not set has no limit."""
        known = await self._demand.budgets(session, mission_id)
        wanted = [known.get(name, DemandBudget(mission_id, name)) for name in sorted(agency_ids)]
        return [use.budget for use in await self._uses(session, mission_id, wanted)]

    async def _uses(self, session: AsyncSession, mission_id: str, budgets: Sequence[DemandBudget]) -> list[BudgetUse]:
        if not budgets:
            return []
        names = {budget.agency_id for budget in budgets}
        entries = await self._requests.budget_entries(session, mission_id, names)
        return [use_of(budget, entries) for budget in budgets]


def _owner_holds(request: ActivityRequest, now: datetime) -> Iterator[Hold]:
    standing = request.standing
    is_due = standing.deferred_until is not None and standing.deferred_until <= now
    if standing.triage == Triage.DEFERRED and not is_due:
        yield Hold(HoldKind.DEFERRED, standing.triage_reason, until=standing.deferred_until)
    if standing.not_valid:
        yield Hold(HoldKind.NOT_VALID, standing.not_valid)
