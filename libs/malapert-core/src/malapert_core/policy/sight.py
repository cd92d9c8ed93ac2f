"""What a principal sees of a thing: the whole of it, that something is busy, or nothing."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from malapert_core.policy.audience import Visibility
from malapert_core.policy.charter import Charter, Part
from malapert_core.policy.identity import Identity


class Sight(StrEnum):
    """Whole; busy: interval, place and the resources that it binds, nothing that tells whose or what; or nothing."""

    WHOLE = "whole"
    BUSY = "busy"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Thing:
    """What is looked at: its owner agency, its audience, the instant from which it was there, UTC, and its mission.

    Without ``since`` it belongs to the present, whenever a membership began. Without ``mission_id`` it is of the
    mission by whose charter it is looked at, or of none.
    """

    owner_agency_id: str
    visibility: Visibility
    since: datetime | None = None
    mission_id: str = ""


def sight(identity: Identity, thing: Thing, charter: Charter | None, now: datetime) -> Sight:
    """Return what a principal sees of a thing of a mission, or of one outside every mission for no charter.

    A key for some missions does not see what its own agency has in others. An error that says more than `Sight.NOTHING`
    would tell that the thing exists: answer as if it did not.
    """
    if identity.is_service:
        return Sight.WHOLE
    if thing.visibility is Visibility.PUBLIC and (charter is None or charter.is_public):
        return Sight.WHOLE
    mission_id = thing.mission_id or (charter.mission_id if charter else "")
    if mission_id and not identity.may_enter(mission_id):
        return Sight.NOTHING
    if identity.agency_id == thing.owner_agency_id:
        return Sight.WHOLE
    if charter is None or Part.OBSERVER not in charter.parts_of(identity.agency_id, now):
        return Sight.NOTHING
    if thing.since is not None and not charter.shows_since(identity.agency_id, thing.since, now):
        return Sight.NOTHING
    return Sight.BUSY if thing.visibility is Visibility.OWNER else Sight.WHOLE
