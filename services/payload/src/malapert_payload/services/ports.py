"""Ports of the use cases: interfaces of the outside services and events that they need."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.domain.catalogue.versions import Item
from malapert_payload.domain.demand.budget import DemandBudget
from malapert_payload.domain.demand.use_permission import UsePermission
from malapert_payload.domain.expansion.expansion import Expansion
from malapert_payload.domain.requests.request import ActivityRequest, HoldKind
from malapert_payload.storage.catalogues import CatalogueStore
from malapert_payload.storage.demand import DemandStore
from malapert_payload.storage.executions import ExecutionStore
from malapert_payload.storage.items import ItemStore
from malapert_payload.storage.plans import EndedPlanStore
from malapert_payload.storage.requests import RequestStore


@dataclass(frozen=True, slots=True)
class Stores:
    """Stores of the payload service."""

    catalogues: CatalogueStore
    items: ItemStore
    requests: RequestStore
    executions: ExecutionStore
    plans: EndedPlanStore
    demand: DemandStore


Clock = Callable[[], datetime]
"""Returns the present instant as an aware UTC datetime."""


class Announcer(Protocol):
    """Tells others about requests."""

    def announce(
        self,
        session: AsyncSession,
        request: ActivityRequest,
        known_version: int,
        *,
        revised: bool = False,
        held_by: HoldKind = HoldKind.UNSPECIFIED,
        hidden_ids: frozenset[str] = frozenset(),
    ) -> None:
        """Announce, with the session's transaction, each change of a request after a version; 0 for a new one.

        `revised` tells that it asks for something else after them, `held_by` what keeps it from being planned since
        them; relations to `hidden_ids` are left out, since not everybody who is told may know of those.
        """

    def announce_item(self, session: AsyncSession, mission_id: str, item: Item, agency_id: str) -> None:
        """Announce, with the session's transaction, a new version of an instrument or activity type."""

    def announce_permission(self, session: AsyncSession, permission: UsePermission) -> None:
        """Announce, with the session's transaction, a changed leave to both its agencies."""

    def announce_budget(self, session: AsyncSession, budget: DemandBudget) -> None:
        """Announce, with the session's transaction, a budget to the agency that it is of."""


class Feasibility(Protocol):
    """Knows what the ground, the light and the contacts of a mission allow."""

    async def reasons_against(self, expansion: Expansion, mission_id: str) -> tuple[str, ...]:
        """Return why nothing can hold each activity that nothing can; none where there is no reason against any.

        Raises
        ------
        UnavailableError
            Where it cannot be known now.
        """
