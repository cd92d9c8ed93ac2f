"""Bytes of mission documents that agencies have stored: their versions of missions and the versions they propose."""

from malapert_core.db.database import Database
from malapert_core.fairness.limit_use import LimitUse
from malapert_core.fairness.quota import StorageQuota
from malapert_core.policy.identity import Identity

from malapert_planner.storage.missions import MissionStore
from malapert_planner.storage.proposals import ProposalStore


class StoredDocuments:
    """Room for mission documents of each agency.

    Parameters
    ----------
    database : Database
    missions : MissionStore
    proposals : ProposalStore
    quota : StorageQuota
    """

    def __init__(
        self, database: Database, missions: MissionStore, proposals: ProposalStore, quota: StorageQuota
    ) -> None:
        self._database = database
        self._missions = missions
        self._proposals = proposals
        self._quota = quota

    async def require_room(self, agency_id: str, document_json: bytes) -> None:
        """Refuse a document for which its agency has no room left.

        It raises ``STORED_BYTES_LIMIT``, see `StorageQuota.check`.
        """
        self._quota.check(agency_id, await self._stored_bytes(agency_id), len(document_json))

    async def limit_uses(self, identity: Identity) -> list[LimitUse]:
        """Return how much a principal's agency may store, and has stored."""
        return [self._quota.use(await self._stored_bytes(identity.agency_id))]

    async def _stored_bytes(self, agency_id: str) -> int:
        async with self._database.reading() as session:
            documents_bytes = await self._missions.stored_bytes(session, agency_id)
            return documents_bytes + await self._proposals.stored_bytes(session, agency_id)
