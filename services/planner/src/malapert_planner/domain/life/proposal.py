"""A version of a mission that a member proposes to its owners."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from malapert_core.errors import PreconditionError


class MissionProposalState(StrEnum):
    """State of a proposed version."""

    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"


@dataclass(frozen=True, slots=True)
class MissionProposal:
    """A proposed version; ``base_version`` was the newest when it was proposed, ``version`` is what it became."""

    proposal_id: str
    mission_id: str
    base_version: int
    title: str
    agency_id: str
    principal_id: str
    document_json: bytes
    content_hash: str
    created_time: datetime
    state: MissionProposalState = MissionProposalState.OPEN
    reason: str = ""
    decided_by_agency_id: str = ""
    version: int = 0

    def accepted(self, agency_id: str, version: int) -> MissionProposal:
        """Return the proposal as it became a version; raise PreconditionError where it is decided."""
        self.require_open()
        return replace(self, state=MissionProposalState.ACCEPTED, decided_by_agency_id=agency_id, version=version)

    def declined(self, agency_id: str, reason: str) -> MissionProposal:
        """Return the proposal as it was declined or withdrawn; raise PreconditionError where it is decided."""
        self.require_open()
        return replace(self, state=MissionProposalState.DECLINED, decided_by_agency_id=agency_id, reason=reason)

    def require_open(self) -> None:
        """Raise PreconditionError ``WRONG_STATE`` where the proposal is decided."""
        if self.state is not MissionProposalState.OPEN:
            raise PreconditionError("WRONG_STATE", f"the proposal is {self.state}", metadata={"state": self.state})
