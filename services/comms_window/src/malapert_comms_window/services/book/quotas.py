"""Quotas of antenna time as the book stands."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from malapert_core.db.database import Database
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.fairness.limit_use import LimitedThing, LimitHolder, LimitUse
from malapert_core.policy.identity import Identity

from malapert_comms_window.domain.contacts import ContactState
from malapert_comms_window.domain.quotas import AntennaQuota, Standing, antenna_quotas
from malapert_comms_window.services.book.holds import HoldLimits
from malapert_comms_window.services.ports import Clock
from malapert_comms_window.services.registry.ownership import StationOwners
from malapert_comms_window.storage.agreements import AgreementStore
from malapert_comms_window.storage.contacts import ContactStore
from malapert_comms_window.storage.stations import StationStore

_MONTH = timedelta(days=31)
_LONGEST = timedelta(days=3660)
_PROMISED = (ContactState.COMMITTED, ContactState.ACTIVE, ContactState.COMPLETED)


@dataclass(frozen=True, slots=True)
class Booker:
    """Who would book: an agency, for a mission, within a span, in place of a plan's bookings where one is named."""

    agency_id: str
    mission_id: str
    span: tuple[datetime, datetime]
    plan_id: str = ""


class QuotaService:
    """Tells what an agency could still book of the antennas of others.

    Parameters
    ----------
    database : Database
    contacts : ContactStore
    agreements : AgreementStore
    stations : StationStore
    owners : StationOwners
    limits : HoldLimits
    clock : Clock
    """

    def __init__(
        self,
        database: Database,
        contacts: ContactStore,
        agreements: AgreementStore,
        stations: StationStore,
        owners: StationOwners,
        limits: HoldLimits,
        clock: Clock,
    ) -> None:
        self._database = database
        self._contacts = contacts
        self._agreements = agreements
        self._stations = stations
        self._owners = owners
        self._limits = limits
        self._clock = clock

    async def limit_uses(self, identity: Identity) -> list[LimitUse]:
        """Return how many open holds on antennas of others a principal's agency may have, and has, and their time."""
        async with self._database.reading() as session:
            holds = await self._contacts.holds_of(session, [identity.agency_id], self._clock())
        times = (each.occupied_end_time - each.occupied_start_time for each in holds)
        held_s = sum(times, timedelta(0)).total_seconds()
        return [
            LimitUse(LimitedThing.HOLDS, LimitHolder.AGENCY, self._limits.count, len(holds)),
            LimitUse(LimitedThing.HELD_SECONDS, LimitHolder.AGENCY, round(3600 * self._limits.hours), ceil(held_s)),
        ]

    async def quotas_of(self, booker: Booker) -> list[AntennaQuota]:
        """Return the quotas that bookings of an agency for a mission must keep.

        Raises
        ------
        InvalidInputError
            ``INVALID_INTERVAL`` where the span is empty or longer than ten years.
        """
        start, end = booker.span
        if not start < end <= start + _LONGEST:
            fault = Fault("interval", "OUT_OF_RANGE", f"an interval of more than 0 s and at most {_LONGEST.days} days")
            raise InvalidInputError("INVALID_INTERVAL", "the interval has a fault", faults=[fault])
        now, owned = self._clock(), self._owners.owned_by(booker.agency_id)
        async with self._database.reading() as session:
            stations = [each for each in (await self._stations.all(session)).values() if each.agency_id not in owned]
            found = await self._agreements.of_partners(session, [booker.agency_id], booker.span)
            agreements = [each for each in found if each.mission_id in ("", booker.mission_id)]
            whole = (start - _MONTH, end + _MONTH)
            named = [each.agreement_id for each in agreements]
            charged = await self._contacts.of_agreements(session, named, whole) if named else []
            holds = await self._contacts.holds_of(session, [booker.agency_id], now)
            own = await self._contacts.of_plans(session, [booker.plan_id]) if booker.plan_id else []
        standing = Standing(
            stations,
            agreements,
            charged,
            [each for each in holds if not booker.plan_id or each.plan_id != booker.plan_id],
            [each for each in own if each.state_at(now) in _PROMISED],
            timedelta(hours=self._limits.hours),
            timedelta(hours=self._limits.station_hours),
        )
        return antenna_quotas(standing, booker.span)
