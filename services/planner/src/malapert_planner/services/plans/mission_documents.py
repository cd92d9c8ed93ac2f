"""Documents of missions: as stored, and completed by what their writer does not see."""

from malapert_core.errors import Fault
from malapert_core.vocabulary.content_hash import canonical_json

from malapert_planner.domain.life.mission import Mission
from malapert_planner.mission_document import MissionDocument, refuse
from malapert_planner.mission_document.activities import Visibility


def completed_document(document: MissionDocument, newest: Mission | None, writer_agency_id: str) -> MissionDocument:
    """Return a document with what the newest version does not show its writer, which it cannot have meant to drop."""
    if newest is None or writer_agency_id == newest.owner_agency_id:
        return document
    unseen = [
        request
        for request in mission_document(newest).requests
        if request.visibility is Visibility.OWNER and request.agency != writer_agency_id
    ]
    taken = {request.id for request in unseen}
    faults = [
        Fault(f"requests[{index}].id", "ID_NOT_FREE", f"the identifier {request.id!r} is not free; choose another")
        for index, request in enumerate(document.requests)
        if request.id in taken
    ]
    refuse(faults)
    return document.model_copy(update={"requests": [*document.requests, *unseen]})


def canonical_document(document: MissionDocument) -> bytes:
    """Return a document as the canonical JSON that is stored."""
    return canonical_json(document.model_dump(mode="json", exclude_none=True))


def mission_document(mission: Mission) -> MissionDocument:
    """Return a stored mission's document."""
    return MissionDocument.model_validate_json(mission.document_json)
