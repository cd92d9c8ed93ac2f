"""Access of callers to a mission: by its charter, and what they see of it."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from malapert_core.errors import PermissionDeniedError
from malapert_core.policy.audience import Visibility as Audience
from malapert_core.policy.charter import Charter, Part
from malapert_core.policy.charters import Charters, enter
from malapert_core.policy.identity import Identity, Role
from malapert_core.policy.sight import Sight, Thing, sight

from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.requests.execution import Execution
from malapert_payload.domain.requests.lifecycle import Change
from malapert_payload.domain.requests.request import ActivityRequest, Visibility
from malapert_payload.domain.requests.visibility import ReadScope, past_time, with_principals_of
from malapert_payload.services.ports import Clock

AUDIENCES = {
    Visibility.PUBLIC: Audience.PUBLIC,
    Visibility.MISSION: Audience.MISSION,
    Visibility.OWNER: Audience.OWNER,
    Visibility.UNSPECIFIED: Audience.OWNER,
}


@dataclass(frozen=True)
class Viewer:
    """A caller who may enter a mission, with the mission's charter, at an instant, UTC."""

    identity: Identity
    charter: Charter | None
    now: datetime

    @property
    def agency_id(self) -> str:
        """The caller's agency."""
        return self.identity.agency_id

    @cached_property
    def parts(self) -> frozenset[Part]:
        """Parts of the caller's agency."""
        return self.charter.parts_of(self.agency_id, self.now) if self.charter else frozenset()

    @property
    def owns_mission(self) -> bool:
        """True for the mission's owners."""
        return Part.OWNER in self.parts

    @property
    def plans(self) -> bool:
        """True for planners of the mission."""
        return Part.PLANNER in self.parts and self.identity.role in (Role.PLANNER, Role.OPERATOR)

    def sees(self, request: ActivityRequest) -> bool:
        """Tell whether a request is seen whole; what is not is as if it were not there."""
        return self._sees(request.agency_id, request.visibility, past_time(request))

    def sees_report(self, execution: Execution, request: ActivityRequest) -> bool:
        """Tell whether a report on a request is seen."""
        return self._sees(request.agency_id, request.visibility, execution.reported_time)

    def sees_version(self, since: datetime, *, is_newest: bool) -> bool:
        """Tell whether a version of a catalogue or of an item of it is seen; the newest belongs to the present."""
        return self._sees("", Visibility.MISSION, None if is_newest else since)

    def sees_principals(self, agency_id: str) -> bool:
        """Tell whether the principals of an agency are seen."""
        return self.identity.is_service or agency_id == self.agency_id or self.owns_mission

    def owns(self, request: ActivityRequest) -> bool:
        """Tell whether a request is the caller's agency's to change or withdraw."""
        return request.agency_id == self.agency_id

    def read_scope(self) -> ReadScope:
        """Return what `sees` admits, for a query."""
        members = self.charter.members if self.charter else ()
        held = [member for member in members if member.agency_id == self.agency_id and member.holds_at(self.now)]
        since = None if any(member.sees_earlier for member in held) else min((m.since for m in held), default=None)
        return ReadScope(
            everything=self.identity.is_service,
            visibilities=frozenset({Visibility.PUBLIC, Visibility.MISSION}) if held else frozenset(),
            agency_id=self.agency_id,
            since=since,
            always=frozenset({Visibility.PUBLIC}) if self.charter and self.charter.is_public else frozenset(),
        )

    def shown(self, request: ActivityRequest, hidden_ids: Iterable[str] = ()) -> ActivityRequest:
        """Return a request that is seen without what of it is not: earlier history, principals, hidden relations."""
        if self.identity.is_service:
            return request
        if self.owns(request):
            return request if self.owns_mission else with_principals_of(request, self.agency_id)
        hidden = set(hidden_ids)
        shown = replace(
            request,
            history=tuple(
                row
                for row in request.history
                if self.charter is None or self.charter.shows_since(self.agency_id, row.time, self.now)
            ),
            relations=tuple(relation for relation in request.relations if relation.request_id not in hidden),
        )
        # What holds it back tells how far its agency has used its budget.
        return shown if self.owns_mission else replace(with_principals_of(shown, self.agency_id), holds=())

    def change(self, reason: str) -> Change:
        """Return a change that the caller makes now."""
        return Change(self.agency_id, self.now, reason, self.identity.principal_id or self.identity.key_id)

    def with_members(self, catalogue: Catalogue) -> Catalogue:
        """Return a catalogue whose agencies are those of the document and those that contribute by the charter."""
        members = self.charter.agencies(self.now, {Part.CONTRIBUTOR}) if self.charter else ()
        missing = [agency_id for agency_id in members if agency_id not in catalogue.agency_ids]
        return replace(catalogue, agency_ids=(*catalogue.agency_ids, *missing)) if missing else catalogue

    def require_triage(self) -> None:
        """Refuse whoever is no planner of the mission's owner.

        Raises
        ------
        PermissionDeniedError
            ``FORBIDDEN``.
        """
        if not (self.owns_mission and self.identity.role in (Role.PLANNER, Role.OPERATOR)):
            message = "demand is triaged by planners of the mission's owner"
            raise PermissionDeniedError("FORBIDDEN", message, metadata={"needed_part": Part.OWNER.name})

    def _sees(self, agency_id: str, visibility: Visibility, since: datetime | None) -> bool:
        thing = Thing(agency_id, AUDIENCES[visibility], since)
        return sight(self.identity, thing, self.charter, self.now) is Sight.WHOLE


class MissionAccess:
    """Entrance to missions.

    Parameters
    ----------
    charters : Charters
    clock : Clock
    """

    def __init__(self, charters: Charters, clock: Clock) -> None:
        self._charters = charters
        self._clock = clock

    async def enter(self, mission_id: str, identity: Identity, part: Part = Part.OBSERVER) -> Viewer:
        """Return a caller whose agency has a part in a mission.

        Raises
        ------
        NotFoundError
            UNKNOWN_MISSION for an outsider, as where there is no such mission.
        PermissionDeniedError
            FORBIDDEN for a member without the part.
        """
        charter = await enter(self._charters, identity, mission_id, part)
        return Viewer(identity, charter, self._clock())

    async def enter_for_import(self, mission_id: str, identity: Identity, *, validate_only: bool) -> Viewer:
        """Return who imports a mission version: anybody where there is no such mission yet, then its owners alone.

        Others that contribute may have a version checked, which they propose.
        """
        charter = await self._charters.get(mission_id, asked_since_s=time.monotonic())
        if charter is None or identity.is_service:
            return Viewer(identity, charter, self._clock())
        return await self.enter(mission_id, identity, Part.CONTRIBUTOR if validate_only else Part.OWNER)
