"""The one place that decides which requests an identity sees and which it may change."""

from collections.abc import Collection
from dataclasses import dataclass

from malapert_payload.domain.requests.request import ActivityRequest, Visibility

ROLES_OVER_ALL_AGENCIES = frozenset({"operator", "service"})
PLANNER_ROLE = "planner"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Caller: an agency, in a role."""

    agency_id: str
    role: str

    @property
    def is_over_all_agencies(self) -> bool:
        """True where the role sees and changes the requests of every agency."""
        return self.role in ROLES_OVER_ALL_AGENCIES

    def may_act_for(self, agency_id: str) -> bool:
        """Tell whether what belongs to an agency may be handed in, changed or withdrawn in this role."""
        return self.is_over_all_agencies or agency_id == self.agency_id

    def may_change(self, request: ActivityRequest) -> bool:
        """Tell whether a request may be submitted, changed or withdrawn in this role."""
        return self.may_act_for(request.agency_id)

    def may_plan(self, mission_agency_ids: Collection[str]) -> bool:
        """Tell whether a mission is planned in this role, which takes the requests of all its agencies."""
        return self.is_over_all_agencies or (self.role == PLANNER_ROLE and self.agency_id in mission_agency_ids)


@dataclass(frozen=True, slots=True)
class ReadScope:
    """Requests of a mission that a viewer may read: all, or these visibilities and its own agency's."""

    everything: bool
    visibilities: frozenset[Visibility]
    agency_id: str

    def admits(self, request: ActivityRequest) -> bool:
        """Tell whether a request is seen."""
        return self.everything or request.visibility in self.visibilities or request.agency_id == self.agency_id


def read_scope_of(viewer: Viewer, mission_agency_ids: Collection[str]) -> ReadScope:
    """Return what a viewer sees of the requests of a mission with these agencies."""
    visibilities = {Visibility.PUBLIC}
    if viewer.agency_id in mission_agency_ids:
        visibilities.add(Visibility.MISSION)
    return ReadScope(viewer.is_over_all_agencies, frozenset(visibilities), viewer.agency_id)
