"""The events of charters and of proposed versions of missions."""

from malapert.planner.v1 import charter_pb2, event_pb2, mission_pb2
from malapert_core.events.outbox import EventOutbox
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_planner.domain.life.charter import CharterChange, CharterVersion
from malapert_planner.domain.life.proposal import MissionProposal


class CharterAnnouncer:
    """Announces charters and proposed versions through the outbox, to the members of the mission."""

    def __init__(self, outbox: EventOutbox) -> None:
        self._outbox = outbox

    def announce_charter(self, session: AsyncSession, version: CharterVersion) -> None:
        """Announce, with the session's transaction, the charter in force."""
        charter, agency_id = version.charter, version.changed_by[0]
        message = event_pb2.CharterChanged(
            mission_id=charter.mission_id, charter_version=charter.version, agency_id=agency_id
        )
        self._outbox.add(session, message, entity_id=charter.mission_id, agency_id=agency_id)

    def announce_change(self, session: AsyncSession, change: CharterChange, agency_id: str) -> None:
        """Announce, with the session's transaction, what an agency did with a proposed charter."""
        state = charter_pb2.CharterChangeState.Value(f"CHARTER_CHANGE_STATE_{change.state}")
        message = event_pb2.CharterProposed(
            mission_id=change.mission_id, change_id=change.change_id, state=state, agency_id=agency_id
        )
        self._outbox.add(session, message, entity_id=change.change_id, agency_id=agency_id)

    def announce_proposal(self, session: AsyncSession, proposal: MissionProposal) -> None:
        """Announce, with the session's transaction, where a proposed version of a mission stands."""
        message = event_pb2.MissionProposed(
            mission_id=proposal.mission_id,
            proposal_id=proposal.proposal_id,
            state=mission_pb2.MissionProposalState.Value(f"MISSION_PROPOSAL_STATE_{proposal.state}"),
            agency_id=proposal.agency_id,
            version=proposal.version,
        )
        self._outbox.add(session, message, entity_id=proposal.proposal_id, agency_id=proposal.agency_id)
