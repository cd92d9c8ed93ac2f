"""Proposed versions of missions: seen by owners and the agency that proposes, decided on by owners."""

from collections.abc import Collection

from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database
from malapert_core.errors import NotFoundError
from malapert_core.policy.charter import Charter, Part
from malapert_core.policy.charters import Charters
from malapert_core.policy.identity import Identity

from malapert_planner.domain.life.mission import Mission
from malapert_planner.domain.life.proposal import MissionProposal, MissionProposalState
from malapert_planner.services.plans.missions import MissionService
from malapert_planner.services.ports import CharterAnnouncer, Clock
from malapert_planner.storage.proposals import ProposalStore


class ProposalService:
    """Keeps proposed versions of missions.

    Parameters
    ----------
    database : Database
    proposals : ProposalStore
    charters : Charters
    missions : MissionService
    announcer : CharterAnnouncer
    trail : AuditTrail
    clock : Clock
    """

    def __init__(
        self,
        database: Database,
        proposals: ProposalStore,
        charters: Charters,
        missions: MissionService,
        announcer: CharterAnnouncer,
        trail: AuditTrail,
        clock: Clock,
    ) -> None:
        self._database = database
        self._proposals = proposals
        self._charters = charters
        self._missions = missions
        self._announcer = announcer
        self._trail = trail
        self._clock = clock

    async def newest(
        self, mission_id: str, identity: Identity, states: Collection[MissionProposalState] = ()
    ) -> list[MissionProposal]:
        """Return the latest proposals that a principal sees, of some states or, for none, of all.

        An owner sees every agency's, but for what was decided on before it took part, another member its own.
        """
        charter = await self._charters.get(mission_id)
        whose = None if self._owns(charter, identity) else identity.agency_id
        async with self._database.reading() as session:
            found = await self._proposals.newest(session, mission_id, whose, states)
        return [proposal for proposal in found if self._sees(charter, proposal, identity)]

    async def get(self, mission_id: str, proposal_id: str, identity: Identity) -> MissionProposal:
        """Return a proposal that a principal sees; raise NotFoundError for any other."""
        async with self._database.reading() as session:
            proposal = await self._proposals.get(session, mission_id, proposal_id)
        if not self._sees(await self._charters.get(mission_id), proposal, identity):
            raise NotFoundError("mission proposal", proposal_id)
        return proposal

    async def accept(self, mission_id: str, proposal_id: str, identity: Identity) -> Mission:
        """Make a proposal the mission's next version for an owner; raises as `MissionService.create`."""
        return await self._missions.accept(await self.get(mission_id, proposal_id, identity), identity)

    async def decline(self, mission_id: str, proposal_id: str, reason: str, identity: Identity) -> MissionProposal:
        """Decline a proposal for an owner, or withdraw it for the agency that proposed it."""
        proposal = await self.get(mission_id, proposal_id, identity)
        declined = proposal.declined(identity.agency_id, reason)
        async with self._database.transaction() as session:
            await self._proposals.decide(session, declined)
            self._announcer.announce_proposal(session, declined)
            self._trail.record(
                session,
                "mission.proposal_declined",
                entity_kind="mission",
                entity_id=proposal_id,
                mission_id=mission_id,
                after_hash=proposal.content_hash,
            )
        return declined

    def _sees(self, charter: Charter | None, proposal: MissionProposal, identity: Identity) -> bool:
        if proposal.agency_id == identity.agency_id:
            return True
        if charter is None or not self._owns(charter, identity):
            return False
        is_open = proposal.state is MissionProposalState.OPEN
        return is_open or charter.shows_since(identity.agency_id, proposal.created_time, self._clock())

    def _owns(self, charter: Charter | None, identity: Identity) -> bool:
        return charter is not None and Part.OWNER in charter.parts_of(identity.agency_id, self._clock())
