"""Who sees which window set and orbiter: its agency, and where it is of a mission the members of that."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from malapert_core.db.database import Database
from malapert_core.errors import NotFoundError
from malapert_core.policy.audience import Visibility
from malapert_core.policy.charter import Charter, Part
from malapert_core.policy.charters import Charters, enter
from malapert_core.policy.identity import Identity, require_identity
from malapert_core.policy.sight import Sight, Thing, sight
from malapert_core.timestamps import utc_now

from malapert_comms_window.domain.orbiters import Orbiter, OrbiterScope
from malapert_comms_window.storage.window_sets import WindowSetStore

KINDS = {"window_set_id": "window set"}
"""Kind of thing by the field of a request that names it."""


class Access:
    """Decides what the caller of the present call sees.

    What is computed for a mission belongs to its present: a later member sees the windows that its plans lie in.

    Parameters
    ----------
    database : Database
    window_sets : WindowSetStore
    charters : Charters
    """

    def __init__(self, database: Database, window_sets: WindowSetStore, charters: Charters) -> None:
        self._database = database
        self._window_sets = window_sets
        self._charters = charters

    async def require(self, kind: str, window_set_id: str) -> None:
        """Refuse a window set that the caller does not see as one that is not there; none where none is named.

        Raises
        ------
        NotFoundError
            ``UNKNOWN_WINDOW_SET``.
        """
        if not window_set_id:
            return
        async with self._database.reading() as session:
            found = await self._window_sets.find(session, window_set_id)
        mission_id = found.request.mission_id if found else ""
        audience = Visibility.MISSION if mission_id else Visibility.OWNER
        if found is None or not await self._sees(Thing(found.owner_agency_id, audience, mission_id=mission_id)):
            raise NotFoundError(kind, window_set_id)

    async def seen(self, orbiters: Iterable[Orbiter]) -> dict[str, Orbiter]:
        """Return those of some orbiters that the caller sees, by identifier."""
        return {
            each.orbiter_id: each
            for each in orbiters
            if await self._sees(Thing(each.agency_id, each.visibility, mission_id=each.mission_id))
        }

    async def scope(self, mission_ids: Collection[str]) -> OrbiterScope:
        """Return the orbiters that the caller sees, for a query; ``mission_ids`` are the missions that have any."""
        identity = require_identity()
        if identity.is_service:
            return OrbiterScope(identity.agency_id, everything=True)
        charters = await self._charters.get_all([name for name in mission_ids if identity.may_enter(name)])
        entered = (name for name, charter in charters.items() if _has(identity, charter, Part.OBSERVER))
        own = identity.mission_ids | {""} if identity.mission_ids else None
        return OrbiterScope(identity.agency_id, frozenset(entered), own)

    async def has_part(self, mission_id: str, part: Part) -> bool:
        """Tell whether the caller's agency has a part in a mission now."""
        try:
            charter = await enter(self._charters, require_identity(), mission_id)
        except NotFoundError:
            return False
        return _has(require_identity(), charter, part)

    async def are_of_others(self, mission_ids: Iterable[str]) -> bool:
        """Tell whether one of some identifiers is that of a mission to which the caller contributes nothing."""
        identity = require_identity()
        charters = await self._charters.get_all(tuple(mission_ids))
        return any(not _has(identity, charter, Part.CONTRIBUTOR) for charter in charters.values())

    async def _sees(self, thing: Thing) -> bool:
        identity, charter = require_identity(), None
        is_own = thing.owner_agency_id == identity.agency_id
        if thing.mission_id and not is_own and thing.visibility is not Visibility.PUBLIC:
            try:
                charter = await enter(self._charters, identity, thing.mission_id)
            except NotFoundError:
                return False
        return sight(identity, thing, charter, utc_now()) is Sight.WHOLE


def _has(identity: Identity, charter: Charter | None, part: Part) -> bool:
    if identity.is_service:
        return True
    return (
        charter is not None
        and identity.may_enter(charter.mission_id)
        and part in charter.parts_of(identity.agency_id, utc_now())
    )
