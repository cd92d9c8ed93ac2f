"""Cache of the agencies that take part in a mission."""

import time

from malapert.planner.v1 import mission_pb2
from malapert_core.errors import NotFoundError
from malapert_core.policy.identity import Identity, acting_as

from malapert_gateway.services.clients import ServiceClients

_LIFETIME_S = 30.0
_KEPT = 1000


class MissionAgencies:
    """Asks the planner, in the gateway's own name.

    Parameters
    ----------
    services
        The services.
    identity
        The gateway's own identity.
    deadline_s
        Deadline of one call, seconds.
    """

    def __init__(self, services: ServiceClients, identity: Identity, deadline_s: float) -> None:
        self._services = services
        self._identity = identity
        self._deadline_s = deadline_s
        self._kept: dict[str, tuple[float, frozenset[str]]] = {}

    async def agencies(self, mission_id: str) -> frozenset[str]:
        """Return the agencies of a mission; none where there is no such mission."""
        kept = self._kept.get(mission_id)
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        found = await self._ask(mission_id)
        if len(self._kept) >= _KEPT:
            self._kept.clear()
        self._kept[mission_id] = (time.monotonic() + _LIFETIME_S, found)
        return found

    async def _ask(self, mission_id: str) -> frozenset[str]:
        request = mission_pb2.GetMissionRequest(mission_id=mission_id)
        with acting_as(self._identity):
            try:
                answer = await self._services.missions.GetMission(request, timeout=self._deadline_s)
            except NotFoundError:
                return frozenset()
        return frozenset((*answer.mission.agency_ids, answer.mission.owner_agency_id))
