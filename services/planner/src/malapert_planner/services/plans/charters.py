"""Charters of missions: what they say, and who may enter a mission by them."""

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from malapert_core.db.database import Database
from malapert_core.errors import NotFoundError
from malapert_core.policy.charter import Charter
from malapert_core.policy.identity import Identity
from malapert_core.timestamps import utc_now
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_planner.domain.life.charter import CharterVersion
from malapert_planner.domain.life.mission import ListedMission, Mission
from malapert_planner.mission_document.redaction import redacted_document
from malapert_planner.storage.charters import CharterStore
from malapert_planner.storage.missions import MissionStore

_MOST_KEPT = 1024


class CharterService:
    """Keeps charters; is the planner's own `Charters`.

    Parameters
    ----------
    database : Database
    charters : CharterStore
    missions : MissionStore
    """

    def __init__(self, database: Database, charters: CharterStore, missions: MissionStore) -> None:
        self._database = database
        self._charters = charters
        self._missions = missions
        self._asset_ids: dict[str, tuple[str, ...]] = {}

    async def get(self, mission_id: str, *, asked_since_s: float = -math.inf) -> Charter | None:
        """Return the charter in force of a mission, None where there is no such mission; it is always asked for."""
        async with self._database.reading() as session:
            found = await self._charters.newest(session, mission_id)
        return None if found is None else found.charter

    async def get_all(self, mission_ids: Collection[str]) -> dict[str, Charter]:
        """Return the charters in force of those of some missions that there are, by mission."""
        return {name: version.charter for name, version in (await self.versions(mission_ids)).items()}

    async def versions(self, mission_ids: Collection[str]) -> dict[str, CharterVersion]:
        """Return the charters in force with who changed them of those of some missions that there are, by mission."""
        async with self._database.reading() as session:
            return await self._charters.newest_of(session, mission_ids)

    async def version(self, mission_id: str) -> CharterVersion:
        """Return the charter in force with who changed it; raise NotFoundError where there is no such mission."""
        async with self._database.reading() as session:
            found = await self._charters.newest(session, mission_id)
        if found is None:
            raise NotFoundError("mission", mission_id)
        return found

    async def asset_ids(self, mission_ids: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Return the assets of the newest versions of those of some missions that there are, by mission."""
        wanted = frozenset(mission_ids)
        async with self._database.reading() as session:
            newest = await self._missions.page(session, len(wanted), "", wanted)
            return {listed.mission_id: await self._assets_of(session, listed) for listed in newest}

    async def _assets_of(self, session: AsyncSession, listed: ListedMission) -> tuple[str, ...]:
        # A document is read once: its content hash names what was read.
        if (known := self._asset_ids.get(listed.content_hash)) is not None:
            return known
        mission = await self._missions.get(session, listed.mission_id, listed.version)
        read = tuple(str(asset["id"]) for asset in json.loads(mission.document_json).get("assets", ()))
        if len(self._asset_ids) >= _MOST_KEPT:
            self._asset_ids.clear()
        self._asset_ids[listed.content_hash] = read
        return read

    async def entered(self, identity: Identity) -> Mapping[str, datetime | None] | None:
        """Return the missions in which a principal takes part now; None means all, which a service enters.

        Beside each is the instant since which it sees what happened there, None for all.
        """
        if identity.is_service:
            return None
        now = utc_now()
        async with self._database.reading() as session:
            charters = [version.charter for version in await self._charters.all_newest(session)]
        return {
            charter.mission_id: charter.sees_since(identity.agency_id, now)
            for charter in charters
            if identity.may_enter(charter.mission_id) and charter.is_member(identity.agency_id, now)
        }

    async def seen(self, mission: Mission, newest_version: int, identity: Identity) -> Mission:
        """Return a mission version as a principal sees it: without the owner-only requests of other agencies.

        Raises
        ------
        NotFoundError
            ``UNKNOWN_MISSION_VERSION`` for a past version from before the agency took part.
        """
        if identity.is_service:
            return mission
        charter = await self.get(mission.mission_id)
        now = utc_now()
        is_past = mission.version != newest_version
        if is_past and not (charter and charter.shows_since(identity.agency_id, mission.created_time, now)):
            raise NotFoundError("mission version", f"{mission.mission_id}/{mission.version}")
        if identity.agency_id == mission.owner_agency_id:
            return mission
        return replace(mission, document_json=redacted_document(mission.document_json, identity.agency_id))
