"""Checks of a release: what has happened since the plan was made and approved."""

from collections.abc import Iterable

from malapert.payload.v1 import request_pb2
from malapert_core.errors import Fault, PreconditionError
from malapert_core.policy.identity import acting_as
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_planner.domain.life.notices import NoticeKind, PlanNotice, outages_in_force
from malapert_planner.domain.life.plan import Plan
from malapert_planner.services.making.antenna_book import PLANNER
from malapert_planner.services.ports import Payloads
from malapert_planner.services.sharing.plan_eyes import PlanEyes
from malapert_planner.services.sharing.viewing import PlanViewing
from malapert_planner.storage.missions import MissionStore

_GONE = (
    request_pb2.REQUEST_STATE_CANCELLED,
    request_pb2.REQUEST_STATE_REJECTED,
    request_pb2.REQUEST_STATE_TERMINATED,
)
_WITHHELD = Fault("busy", "CHANGED", "what has changed is not shown to this agency")
_STATE_PREFIX = "REQUEST_STATE_"


class ReleaseChecks:
    """Holds a plan against its requests, its mission and its notices before it is released.

    Parameters
    ----------
    payloads : Payloads
    missions : MissionStore
    viewing : PlanViewing
    """

    def __init__(self, payloads: Payloads, missions: MissionStore, viewing: PlanViewing) -> None:
        self._payloads = payloads
        self._missions = missions
        self._viewing = viewing

    async def gone_requests(self, plan: Plan) -> list[Fault]:
        """Return the requests of a plan that are withdrawn or refused by now, asked for at this instant."""
        with acting_as(PLANNER):
            gone = await self._payloads.list_requests(plan.content.mission_id, _GONE)
        return [
            Fault(
                f"requests[{request.request_id}]",
                request_pb2.RequestState.Name(request.state).removeprefix(_STATE_PREFIX),
                f"{request.request_id} of {request.agency_id} is not asked for any more",
            )
            for request in sorted(gone, key=lambda each: each.request_id)
            if request.request_id in plan.content.planned_requests and not _was_done(request)
        ]

    async def require_current(self, session: AsyncSession, plan: Plan, gone: Iterable[Fault]) -> None:
        """Refuse a plan that what has happened since makes impossible, or of which nobody has said that it may stay so.

        Raises
        ------
        PreconditionError
            ``PLAN_OUTDATED`` with everything: requests that are gone, outages in force, notices that are open; of what
            the caller does not see, that there is something.
        """
        eyes = await self._viewing.eyes(plan)
        faults = {fault.path: fault for fault in _told_requests(gone, eyes)}
        for notice in (*_impossible(plan.notices), *_unanswered(plan.notices)):
            fault = _fault(notice) if eyes.see_notice(notice) else _WITHHELD
            faults.setdefault(fault.path, fault)
        newest = await self._missions.newest_version(session, plan.content.mission_id)
        known = any(each.kind is NoticeKind.MISSION and not each.is_open for each in plan.notices)
        if newest > plan.content.mission_version and not known:
            message = f"the mission is at version {newest}; the plan is of version {plan.content.mission_version}"
            faults.setdefault("mission_version", Fault("mission_version", "NEW_VERSION", message))
        if faults:
            count = len(faults)
            message = f"{count} things have changed since the plan was made: replan it, or acknowledge what may stay so"
            raise PreconditionError("PLAN_OUTDATED", message, faults=list(faults.values()))


def _told_requests(gone: Iterable[Fault], eyes: PlanEyes) -> list[Fault]:
    return [_WITHHELD if eyes.mention(fault.path, fault.message) else fault for fault in gone]


def _impossible(notices: Iterable[PlanNotice]) -> list[PlanNotice]:
    known = list(notices)
    return [*(notice for notice in known if notice.is_breaking), *outages_in_force(known)]


def _unanswered(notices: Iterable[PlanNotice]) -> list[PlanNotice]:
    """Return what nobody has acknowledged, but for outages that were taken back."""
    return [notice for notice in notices if notice.is_open and notice.kind is not NoticeKind.OUTAGE]


def _fault(notice: PlanNotice) -> Fault:
    path = f"requests[{notice.request_id}]" if notice.request_id else f"{notice.kind.lower()}[{notice.subject_id}]"
    where = f" ({', '.join(notice.item_ids)})" if notice.item_ids else ""
    return Fault(path, notice.change, f"{notice.reason or notice.change.lower()}{where}")


def _was_done(request: request_pb2.ActivityRequest) -> bool:
    """Tell whether a request has ended since it was carried out: history of a replan."""
    return request.state == request_pb2.REQUEST_STATE_TERMINATED and any(
        change.state == request_pb2.REQUEST_STATE_PROCESSING for change in request.history
    )
