"""Notices to plans of what happens to what they hold; the plans themselves stay as they are."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from malapert.comms_window.v1 import contact_pb2
from malapert.planner.v1 import plan_pb2
from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database
from malapert_core.errors import NotFoundError
from malapert_core.policy.identity import Identity
from malapert_core.timestamps import format_time, from_timestamp
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_planner.domain.life.listing import NoticedPlan
from malapert_planner.domain.life.notices import REQUEST_GONE, Acknowledgement, NoticeKind, PlanNotice, touched
from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.life.states import IN_FORCE, Pending, PlanState
from malapert_planner.services.ports import Announcer, Clock
from malapert_planner.services.sharing.plan_eyes import PlanEyes, common_eyes
from malapert_planner.storage.notices import ITEM, REQUEST, NoticeStore
from malapert_planner.storage.plans import PlanStore

log = structlog.get_logger(__name__)

REVISED, TAKEN, MOVED, STAYS_BOOKED = "REVISED", "TAKEN", "MOVED", "STAYS_BOOKED"
_LEFT_A_RELEASED_PLAN = REQUEST_GONE | {"ACCEPTED", "TERMINATED"}
_REPORTED = frozenset({"PROCESSING", "PROCESSED"})
_OF_ITEMS = frozenset({NoticeKind.INSTRUMENT, NoticeKind.ACTIVITY_TYPE})
_BEFORE_RELEASE = frozenset({PlanState.DRAFT, PlanState.SUBMITTED})


@dataclass(frozen=True, slots=True)
class RequestUpdate:
    """Change of a request: its state and version after the change, and who changed it, when and why.

    ``held_by`` is what keeps it from being planned since then, empty where nothing does.
    """

    mission_id: str
    request_id: str
    request_version: int
    state: str
    revised: bool
    held_by: str
    owner_agency_id: str
    agency_id: str
    reason: str
    time: datetime


@dataclass(frozen=True, slots=True)
class OutageUpdate:
    """Outage of an antenna that was added, or taken back."""

    outage_id: str
    station_id: str
    span: tuple[datetime, datetime]
    change: str
    agency_id: str
    reason: str
    time: datetime


@dataclass(frozen=True, slots=True)
class ContactUpdate:
    """Change of a booking: its state and version after it."""

    contact_id: str
    contact_version: int
    plan_id: str
    mission_id: str
    station_id: str
    occupied: tuple[datetime, datetime]
    change: str
    agency_id: str
    reason: str
    time: datetime


@dataclass(frozen=True, slots=True)
class ItemUpdate:
    """New version of an instrument or activity type."""

    mission_id: str
    kind: NoticeKind
    item_id: str
    version: int
    agency_id: str
    time: datetime


class PlanNotices:
    """Follows requests, outages, bookings, catalogues and missions.

    Each method but `acknowledge` works within the session of what it is told of.

    Parameters
    ----------
    database : Database
    notices : NoticeStore
    plans : PlanStore
    announcer : Announcer
    audit : AuditTrail
    clock : Clock
    """

    def __init__(
        self,
        database: Database,
        notices: NoticeStore,
        plans: PlanStore,
        announcer: Announcer,
        audit: AuditTrail,
        clock: Clock,
    ) -> None:
        self._database = database
        self._notices = notices
        self._plans = plans
        self._announcer = announcer
        self._audit = audit
        self._clock = clock

    async def request_changed(self, session: AsyncSession, update: RequestUpdate) -> None:
        """Note on every plan that was made for a request as it was before that it is so no more."""
        found = await self._notices.using(session, update.mission_id, REQUEST, update.request_id, update.time)
        told = {plan_id: said for plan_id, state in found.items() if (said := _told_of_request(state, update))}
        for kind, change in sorted(set(told.values())):
            notice = PlanNotice(
                request_id=update.request_id,
                change=change,
                reason=update.reason,
                agency_id=update.agency_id,
                time=update.time,
                notice_id=f"request:{update.request_id}:{update.request_version}",
                kind=kind,
                subject_id=update.request_id,
            )
            plan_ids = [plan_id for plan_id, said in told.items() if said == (kind, change)]
            subjects = (f"requests[{update.request_id}]",)
            await self._tell(session, plan_ids, notice, subjects, (update.owner_agency_id, update.agency_id))

    async def outage_changed(self, session: AsyncSession, update: OutageUpdate) -> None:
        """Note on plans that an outage was put on, or taken from, an antenna while they take it."""
        held = await self._notices.holding_antenna(session, update.station_id, update.span, update.time)
        for plan_id, item_ids in held.items():
            notice = PlanNotice(
                request_id="",
                change=update.change,
                reason=update.reason,
                agency_id=update.agency_id,
                time=update.time,
                notice_id=f"outage:{update.outage_id}:{update.change}",
                kind=NoticeKind.OUTAGE,
                subject_id=update.outage_id,
                item_ids=item_ids,
            )
            await self._tell(session, [plan_id], notice, item_ids, (update.agency_id,))

    async def booking_changed(self, session: AsyncSession, update: ContactUpdate) -> None:
        """Note on the plan in force that holds a booking that it is lost, or moved to another antenna."""
        plan = await self._plans.holder(session, update.plan_id)
        if plan is None or plan.state not in IN_FORCE or plan.pending is not Pending.NONE:
            return  # What the planner gives back itself is no news.
        if update.contact_id in plan.contact_ids:
            item_id = f"contacts[{plan.contact_ids.index(update.contact_id)}]"
            notice = _booking_notice(update, update.change, (item_id,))
            await self._tell(session, [plan.plan_id], notice, (item_id,), (update.agency_id,))

    async def contacts_left(
        self, session: AsyncSession, plan_id: str, contacts: Iterable[contact_pb2.Contact], time: datetime
    ) -> None:
        """Note on a plan that contacts of the one that it superseded stay booked: another agency gives them back."""
        for contact in contacts:
            start = format_time(from_timestamp(contact.interval.start_time))
            stays = f"it stays booked until {contact.agency_id} gives it back"
            notice = PlanNotice(
                request_id="",
                change=STAYS_BOOKED,
                reason=f"{contact.station_id} from {start} is not in the plan; {stays}",
                agency_id=contact.agency_id,
                time=time,
                notice_id=f"contact:{contact.contact_id}:{contact.version}",
                kind=NoticeKind.BOOKING,
                subject_id=contact.contact_id,
                agency_ids=tuple(sorted({contact.agency_id, contact.station_agency_id} - {""})),
            )
            await self._tell(session, [plan_id], notice)

    async def antenna_taken(self, session: AsyncSession, update: ContactUpdate) -> None:
        """Note on plans that are not released yet that another mission has booked an antenna while they take it."""
        held = await self._notices.holding_antenna(
            session, update.station_id, update.occupied, update.time, _BEFORE_RELEASE
        )
        own = set(await self._notices.of_mission(session, update.mission_id, update.time)) if held else set()
        for plan_id, item_ids in held.items():
            if plan_id not in own:
                await self._tell(session, [plan_id], _taken_notice(update, item_ids), item_ids)

    async def item_published(self, session: AsyncSession, update: ItemUpdate) -> None:
        """Note on plans that were made with an earlier version of an instrument or activity type."""
        found = await self._notices.using(session, update.mission_id, ITEM, update.item_id, update.time)
        notice = PlanNotice(
            request_id="",
            change="PUBLISHED",
            reason=f"version {update.version} of {update.item_id} is in force",
            agency_id=update.agency_id,
            time=update.time,
            notice_id=f"{update.kind.lower()}:{update.item_id}:{update.version}",
            kind=update.kind,
            subject_id=update.item_id,
        )
        await self._tell(session, found, notice, (f"items[{update.item_id}]",), (update.agency_id,))

    async def mission_changed(
        self, session: AsyncSession, mission_id: str, version: int, agency_id: str, time: datetime
    ) -> None:
        """Note on plans that were made for an earlier version of their mission."""
        found = await self._notices.of_mission(session, mission_id, time)
        notice = PlanNotice(
            request_id="",
            change="NEW_VERSION",
            reason=f"version {version} of the mission is in force",
            agency_id=agency_id,
            time=time,
            notice_id=f"mission:{version}",
            kind=NoticeKind.MISSION,
            subject_id=str(version),
        )
        await self._tell(session, found, notice)

    async def acknowledge(
        self, plan_id: str, notice_ids: Sequence[str], comment: str, identity: Identity, eyes: PlanEyes
    ) -> Plan:
        """Record that an agency knows of notices of a plan, all that it sees where none is named, and return the plan.

        A notice of what its principal does not see stays as it is, and is none that can be named.

        Raises
        ------
        NotFoundError
            ``UNKNOWN_NOTICE``.
        """
        by = Acknowledgement(identity.agency_id, identity.principal_id, self._clock(), comment)
        async with self._database.transaction() as session:
            before = await self._plans.get(session, plan_id)
            shown = [notice.notice_id for notice in before.notices if eyes.see_notice(notice)]
            for notice_id in notice_ids:
                if notice_id not in shown:
                    raise NotFoundError("notice", notice_id)
            changed = await self._notices.acknowledge(session, plan_id, notice_ids or shown, by)
            plan = await self._plans.get(session, plan_id)
            if changed:
                self._audit.record(
                    session,
                    "plan.notices_acknowledged",
                    entity_kind="plan",
                    entity_id=plan_id,
                    mission_id=plan.content.mission_id,
                    after_hash=plan.content.content_hash,
                    detail=", ".join(notice.notice_id for notice in _seen_by_all(plan, changed)),
                )
        return plan

    async def _tell(
        self,
        session: AsyncSession,
        plan_ids: Iterable[str],
        notice: PlanNotice,
        subjects: Sequence[str] = (),
        agency_ids: Sequence[str] = (),
    ) -> None:
        """Give plans a notice on some of what they hold, which touches further agencies by right, or as it is."""
        told = dict.fromkeys(plan_ids, notice)
        if subjects:
            told = {
                plan_id: replace(notice, agency_ids=touched(found, subjects, agency_ids))
                for plan_id, found in (await self._notices.parties(session, plan_ids)).items()
            }
        new = await self._notices.add(session, told)
        for plan in await self._plans.in_short(session, new):
            audience = await self._audience(session, plan, told[plan.plan_id])
            self._announcer.announce_notice(session, plan, told[plan.plan_id], audience)
        if new:
            log.info("plans noticed", count=len(new), kind=notice.kind.value, notice_id=notice.notice_id)

    async def _audience(self, session: AsyncSession, plan: NoticedPlan, notice: PlanNotice) -> tuple[str, ...] | None:
        """Return the agencies that alone are told of a notice, None where everybody is who sees the plan."""
        if notice.request_id:
            owner = plan.owner_only_requests.get(notice.request_id)
            return None if owner is None else (owner,)
        if notice.kind not in _OF_ITEMS or not plan.owner_only_requests:
            return None
        whole = await self._plans.get(session, plan.plan_id)
        return None if _seen_by_all(whole, [notice]) else notice.agency_ids


def _seen_by_all(plan: Plan, notices: Sequence[PlanNotice]) -> list[PlanNotice]:
    """Return the notices that every member of the mission sees."""
    if not plan.content.owner_only_requests:
        return list(notices)
    eyes = common_eyes(plan_pb2.Plan.FromString(plan.content.message))
    return [notice for notice in notices if eyes.see_notice(notice)]


def _told_of_request(state: PlanState, update: RequestUpdate) -> tuple[NoticeKind, str] | None:
    if update.state in REQUEST_GONE:
        return NoticeKind.REQUEST, update.state
    if update.revised:
        return NoticeKind.REQUEST, REVISED
    if update.held_by:
        return NoticeKind.REQUEST, update.held_by
    if state not in IN_FORCE:
        return None
    # A released plan's request that is asked for again has lost its slot.
    if update.state in _LEFT_A_RELEASED_PLAN:
        return NoticeKind.REQUEST, update.state
    return (NoticeKind.EXECUTION, update.state) if update.state in _REPORTED else None


def _taken_notice(update: ContactUpdate, item_ids: tuple[str, ...]) -> PlanNotice:
    """Return a notice that an antenna is taken; by whom, why and as which contact is not this mission's to know."""
    booking = hashlib.sha256(f"{update.contact_id}:{update.contact_version}".encode()).hexdigest()
    start, end = (format_time(each) for each in update.occupied)
    return PlanNotice(
        request_id="",
        change=TAKEN,
        reason=f"{update.station_id} is booked by others from {start} to {end}",
        agency_id="",
        time=update.time,
        notice_id=f"taken:{booking[:32]}",
        kind=NoticeKind.BOOKING,
        subject_id=update.station_id,
        item_ids=item_ids,
    )


def _booking_notice(update: ContactUpdate, change: str, item_ids: tuple[str, ...]) -> PlanNotice:
    return PlanNotice(
        request_id="",
        change=change,
        reason=update.reason,
        agency_id=update.agency_id,
        time=update.time,
        notice_id=f"contact:{update.contact_id}:{update.contact_version}",
        kind=NoticeKind.BOOKING,
        subject_id=update.contact_id,
        item_ids=item_ids,
    )
