"""Access rule of a station: its owner agency, and the operators of the platform."""

from malapert_core.errors import PermissionDeniedError
from malapert_core.policy.identity import Identity


def require_owner(station_id: str, agency_id: str, identity: Identity) -> None:
    """Refuse what only a station's owner may do.

    Raises
    ------
    PermissionDeniedError
        ``FOREIGN_STATION``, naming the agency that may.
    """
    if agency_id != identity.agency_id and not identity.is_service:
        message = f"station {station_id} is {agency_id}'s; this is not for {identity.agency_id} to do"
        raise PermissionDeniedError("FOREIGN_STATION", message, metadata={"owner_agency_id": agency_id})
