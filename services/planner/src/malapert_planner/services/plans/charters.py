"""Charters of missions: what they say, and who may enter a mission by them."""

import json

from malapert_core.db.database import Database
from malapert_core.errors import NotFoundError
from malapert_core.policy.charter import Charter

from malapert_planner.domain.life.charter import CharterVersion
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

    async def get(self, mission_id: str) -> Charter | None:
        """Return the charter in force of a mission, None where there is no such mission."""
        async with self._database.reading() as session:
            found = await self._charters.newest(session, mission_id)
        return None if found is None else found.charter

    async def version(self, mission_id: str) -> CharterVersion:
        """Return the charter in force with who changed it; raise NotFoundError where there is no such mission."""
        async with self._database.reading() as session:
            found = await self._charters.newest(session, mission_id)
        if found is None:
            raise NotFoundError("mission", mission_id)
        return found

    async def asset_ids(self, mission_id: str) -> tuple[str, ...]:
        """Return the assets of a mission's newest version; raise NotFoundError where there is no such mission."""
        async with self._database.reading() as session:
            mission = await self._missions.get(session, mission_id)
        # A document is read once: its content names what was read.
        if mission.content_hash not in self._asset_ids:
            if len(self._asset_ids) >= _MOST_KEPT:
                self._asset_ids.clear()
            assets = json.loads(mission.document_json).get("assets", ())
            self._asset_ids[mission.content_hash] = tuple(str(asset["id"]) for asset in assets)
        return self._asset_ids[mission.content_hash]
