"""Bytes that agencies store here: terrains and product sets."""

from __future__ import annotations

from dataclasses import dataclass

from malapert_core.db.database import Database
from malapert_core.fairness.limit_use import LimitUse
from malapert_core.fairness.quota import StorageQuota
from malapert_core.policy.identity import Identity

from malapert_landing_site.domain.terrain import BYTES_PER_PIXEL
from malapert_landing_site.storage.products import ProductSetStore
from malapert_landing_site.storage.terrains import TerrainStore


@dataclass(frozen=True, slots=True)
class Admission:
    """What an agency may store, told to whoever reads its file, be it in another process."""

    quota: StorageQuota
    agency_id: str
    stored_bytes: int

    def __call__(self, pixels: int) -> None:
        """Refuse a terrain of so many pixels where the agency may not store it, see `StorageQuota.check`."""
        self.quota.check(self.agency_id, self.stored_bytes, pixels * BYTES_PER_PIXEL)


class StoredBytes:
    """Counts what an agency has stored, and admits what it may store beside."""

    def __init__(self, database: Database, quota: StorageQuota) -> None:
        self._database = database
        self._quota = quota

    async def of(self, agency_id: str) -> int:
        """Return how many bytes an agency has stored."""
        async with self._database.reading() as session:
            terrains = await TerrainStore(session).stored_bytes(agency_id)
            return terrains + await ProductSetStore(session).stored_bytes(agency_id)

    async def limit_uses(self, identity: Identity) -> list[LimitUse]:
        """Return how much a principal's agency may store, and has stored."""
        return [self._quota.use(await self.of(identity.agency_id))]

    async def admission(self, agency_id: str) -> Admission:
        """Return what an agency may store now."""
        return Admission(self._quota, agency_id, await self.of(agency_id))
