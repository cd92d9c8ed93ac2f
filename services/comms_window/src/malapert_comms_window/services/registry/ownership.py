"""Ownership of antennas: who answers for them."""

from collections.abc import Mapping

from malapert_core.errors import PermissionDeniedError
from malapert_core.policy.identity import Identity


class StationOwners:
    """Who answers for the antennas of an agency: the agency itself, and its custodian where the host names one.

    A custodian is an agency of this installation that records what an owner without principals here has agreed to.

    Parameters
    ----------
    custodians : mapping of str to str
        Custodian by owner.
    """

    def __init__(self, custodians: Mapping[str, str] | None = None) -> None:
        self._custodians = dict(custodians or {})

    def answering(self, owner_agency_id: str) -> tuple[str, ...]:
        """Return the agencies any of which answers for an owner's antennas."""
        custodian = self._custodians.get(owner_agency_id, owner_agency_id)
        return (owner_agency_id,) if custodian == owner_agency_id else (owner_agency_id, custodian)

    def owned_by(self, agency_id: str) -> frozenset[str]:
        """Return the owners for whose antennas an agency answers."""
        return frozenset({agency_id, *(owner for owner, each in self._custodians.items() if each == agency_id)})

    def require(self, station_id: str, owner_agency_id: str, identity: Identity) -> None:
        """Refuse what only who answers for a station may do.

        Raises
        ------
        PermissionDeniedError
            ``FOREIGN_STATION``, naming the owner.
        """
        if identity.agency_id not in self.answering(owner_agency_id):
            message = f"station {station_id} is {owner_agency_id}'s; this is not for {identity.agency_id} to do"
            raise PermissionDeniedError("FOREIGN_STATION", message, metadata={"owner_agency_id": owner_agency_id})
