"""Entry of calls into the mission of the plans that they name."""

from google.protobuf.message import Message
from malapert.planner.v1 import plan_pb2
from malapert_core.db.database import Database
from malapert_core.errors import NotFoundError, PermissionDeniedError
from malapert_core.policy.calls import Call
from malapert_core.policy.charter import Charter, Part
from malapert_core.policy.charters import Charters, require_part
from malapert_core.policy.entry import mission_entry
from malapert_core.policy.identity import Identity
from malapert_core.timestamps import utc_now

from malapert_planner.domain.life.listing import PlanPlace
from malapert_planner.storage.plans import PlanStore

_MOVES = (plan_pb2.SubmitPlanRequest, plan_pb2.ReleasePlanRequest, plan_pb2.TerminatePlanRequest)


class PlanEntry:
    """Asks for the part in the mission of each plan that a request names, or in the mission itself.

    A plan is submitted, released and ended by the agency that had it made and by the mission's owners.

    Parameters
    ----------
    database : Database
    plans : PlanStore
    charters : Charters
    """

    def __init__(self, database: Database, plans: PlanStore, charters: Charters) -> None:
        self._database = database
        self._plans = plans
        self._charters = charters
        self._missions = mission_entry(charters)

    async def __call__(self, identity: Identity, call: Call, request: Message) -> None:
        """Refuse a request for a plan of a mission in which the principal's agency has not the part of the call."""
        if identity.is_service or call.part is None:
            return
        plan_ids = named_plans(request)
        if not plan_ids:
            await self._missions(identity, call, request)
        for plan_id in plan_ids:
            await self._enter(identity, call.part, request, plan_id)

    async def _enter(self, identity: Identity, part: Part, request: Message, plan_id: str) -> None:
        async with self._database.reading() as session:
            place = await self._plans.place(session, plan_id)
        charter = None if place is None else await self._charters.get(place.mission_id)
        if place is None or charter is None or not _is_seen(place, charter, identity):
            raise NotFoundError("plan", plan_id)
        require_part(identity, place.mission_id, charter, part)
        if isinstance(request, _MOVES) and identity.agency_id != place.owner_agency_id:
            _require_owner(identity, charter, plan_id)


def named_plans(request: Message) -> list[str]:
    """Return the plans that a request names, whatever for: each field that ends so names one."""
    fields = request.DESCRIPTOR.fields
    named = (getattr(request, field.name) for field in fields if field.name.endswith("plan_id"))
    return list(dict.fromkeys(filter(None, named)))


def _is_seen(place: PlanPlace, charter: Charter, identity: Identity) -> bool:
    """Tell whether a plan is there for a principal: one that lives belongs to the present, whenever it was made."""
    now = utc_now()
    if not identity.may_enter(charter.mission_id) or not charter.is_member(identity.agency_id, now):
        return False
    return place.lives or charter.shows_since(identity.agency_id, place.created_time, now)


def _require_owner(identity: Identity, charter: Charter, plan_id: str) -> None:
    if Part.OWNER not in charter.parts_of(identity.agency_id, utc_now()):
        message = f"the plan {plan_id} is moved by the agency that had it made and by the mission's owners"
        raise PermissionDeniedError("FORBIDDEN", message, metadata={"plan_id": plan_id, "needed_part": "OWNER"})
