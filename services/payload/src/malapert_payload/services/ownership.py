"""Access rule for changes to requests."""

from collections.abc import Sequence

from malapert_core.errors import Fault, PermissionDeniedError

from malapert_payload.domain.requests.request import ActivityRequest
from malapert_payload.services.access import Viewer


def require_own(requests: Sequence[ActivityRequest], viewer: Viewer) -> None:
    """Refuse requests of agencies that a caller does not act for.

    Raises
    ------
    PermissionDeniedError
        FOREIGN_AGENCY with a fault for each.
    """
    allowed = f"agency {viewer.agency_id!r} changes its own requests only"
    faults = [
        Fault(f"requests[{index}].agency_id", "FOREIGN_AGENCY", f"{request.agency_id!r} is another; {allowed}")
        for index, request in enumerate(requests)
        if not viewer.owns(request)
    ]
    if faults:
        raise PermissionDeniedError("FOREIGN_AGENCY", allowed, faults=faults)
