"""Ports of the use cases: interfaces of the outside services and events that they need."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_comms_window.domain.agreements import Agreement
from malapert_comms_window.domain.contacts import Contact
from malapert_comms_window.domain.horizons import HorizonSet
from malapert_comms_window.domain.outages import Outage
from malapert_comms_window.domain.window_requests import Place
from malapert_comms_window.domain.windows import WindowSet

Clock = Callable[[], datetime]
"""Returns the present instant as an aware UTC datetime."""


class HorizonSource(Protocol):
    """Source of the skylines of the Moon: landing-site."""

    async def horizons(self, terrain_stack_id: str, places: Sequence[Place], height_m: float) -> HorizonSet:
        """Return the skylines at places for an eye at a height above ground."""


class Announcer(Protocol):
    """Tells others, with the session's transaction, what was decided."""

    def windows_changed(self, session: AsyncSession, window_set: WindowSet, window_count: int) -> None:
        """Announce a new set of windows."""

    def contact_changed(self, session: AsyncSession, contact: Contact) -> None:
        """Announce what a contact has become, by its cause, to its parties."""

    def contact_moved(self, session: AsyncSession, before: Contact, after: Contact) -> None:
        """Announce a contact that another antenna took over."""

    def agreement_changed(self, session: AsyncSession, agreement: Agreement) -> None:
        """Announce an agreement that was made, changed or ended, to its parties."""

    def outage_added(self, session: AsyncSession, outage: Outage) -> None:
        """Announce an outage."""

    def outage_removed(self, session: AsyncSession, outage: Outage) -> None:
        """Announce an outage that was taken away."""
