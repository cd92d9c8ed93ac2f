"""Ports of the use cases: interfaces of the outside services and events that they need."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.domain.catalogue.versions import Item
from malapert_payload.domain.requests.request import ActivityRequest
from malapert_payload.storage.catalogues import CatalogueStore
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


Clock = Callable[[], datetime]
"""Returns the present instant as an aware UTC datetime."""


class Announcer(Protocol):
    """Tells others about requests."""

    def announce(
        self, session: AsyncSession, request: ActivityRequest, known_version: int, *, revised: bool = False
    ) -> None:
        """Announce, with the session's transaction, each change of a request after a version; 0 for a new one.

        `revised` tells that it asks for something else after them.
        """

    def announce_item(self, session: AsyncSession, mission_id: str, item: Item, agency_id: str) -> None:
        """Announce, with the session's transaction, a new version of an instrument or activity type."""
