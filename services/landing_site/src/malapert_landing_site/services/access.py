"""Who sees which terrain, stack, search, site and product set: its agency, and the members of its mission."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from malapert_core.db.database import Database
from malapert_core.errors import NotFoundError, PermissionDeniedError
from malapert_core.policy.audience import Visibility
from malapert_core.policy.charter import Charter, Part
from malapert_core.policy.charters import Charters, enter
from malapert_core.policy.identity import Identity, require_identity
from malapert_core.policy.sight import Sight, Thing, sight
from malapert_core.timestamps import utc_now
from sqlalchemy import ColumnElement, and_, or_, true
from sqlmodel import col

from malapert_landing_site.storage.owned import Owned, missions_of_others, owner_of
from malapert_landing_site.storage.tables import OWNED_ROWS, OwnedRow

KINDS = {
    "terrain_id": "terrain",
    "terrain_stack_id": "terrain stack",
    "site_search_id": "site search",
    "site_id": "site",
    "product_set_id": "product set",
}
"""Kind of thing by the field of a request that names it."""


class Access:
    """Decides what the caller of the present call sees.

    Parameters
    ----------
    database : Database
    charters : Charters
    """

    def __init__(self, database: Database, charters: Charters) -> None:
        self._database = database
        self._charters = charters

    async def require(self, kind: str, identifier: str) -> None:
        """Refuse what the caller does not see as what is not there.

        Raises
        ------
        NotFoundError
            As the stores raise it for a thing that does not exist.
        """
        if not await self.sees(kind, identifier):
            raise NotFoundError(kind, identifier)

    async def sees(self, kind: str, identifier: str) -> bool:
        """Tell whether there is a thing that the caller sees."""
        async with self._database.reading() as session:
            owned = await owner_of(session, kind, identifier)
        return owned is not None and await self._sees(require_identity(), owned)

    async def unseen(self, kind: str, identifiers: Sequence[str]) -> frozenset[str]:
        """Return those of some identifiers that name nothing which the caller sees."""
        return frozenset([each for each in dict.fromkeys(identifiers) if not await self.sees(kind, each)])

    async def require_contribution(self, mission_id: str) -> None:
        """Refuse to make a thing for a mission in which the caller's agency has no part as contributor."""
        if mission_id:
            await enter(self._charters, require_identity(), mission_id, Part.CONTRIBUTOR)

    async def require_share(self, kind: str, identifiers: Sequence[str], mission_id: str) -> None:
        """Refuse to show a mission's members what is of another mission and of another agency.

        Raises
        ------
        PermissionDeniedError
            ``FORBIDDEN``, naming what.
        """
        identity = require_identity()
        async with self._database.reading() as session:
            owners = {each: await owner_of(session, kind, each) for each in identifiers}
        for identifier, owned in owners.items():
            if owned is None or owned.owner_agency_id in ("", identity.agency_id) or owned.mission_id == mission_id:
                continue
            message = f"the {kind} {identifier} is of another agency, and not of the mission {mission_id or '(none)'}"
            raise PermissionDeniedError("FORBIDDEN", message, metadata={"mission_id": mission_id})

    async def condition(self, kind: str) -> ColumnElement[bool]:
        """Return the condition on rows of a kind under which the caller sees them."""
        identity, table = require_identity(), OWNED_ROWS[kind]
        if identity.is_service:
            return true()
        async with self._database.reading() as session:
            mission_ids = await missions_of_others(session, table, identity.agency_id)
        charters = await self._charters.get_all([name for name in mission_ids if identity.may_enter(name)])
        shown = (_shown(identity, table, charter, utc_now()) for charter in charters.values())
        own: ColumnElement[bool] = col(table.owner_agency_id).in_(("", identity.agency_id))
        if identity.mission_ids:
            own = and_(own, col(table.mission_id).in_(("", *identity.mission_ids)))
        return or_(own, *(condition for condition in shown if condition is not None))

    async def _sees(self, identity: Identity, owned: Owned) -> bool:
        charter: Charter | None = None
        visibility = Visibility.MISSION if owned.mission_id else Visibility.OWNER
        if owned.mission_id and owned.owner_agency_id != identity.agency_id:
            charter = await self._entered(identity, owned.mission_id)
        audience = visibility if owned.owner_agency_id else Visibility.PUBLIC
        thing = Thing(owned.owner_agency_id, audience, owned.since, owned.mission_id)
        return sight(identity, thing, charter, utc_now()) is Sight.WHOLE

    async def _entered(self, identity: Identity, mission_id: str) -> Charter | None:
        try:
            return await enter(self._charters, identity, mission_id)
        except NotFoundError:
            return None


def _shown(identity: Identity, table: type[OwnedRow], charter: Charter, now: datetime) -> ColumnElement[bool] | None:
    """Return the condition on rows of a mission under which a principal sees them, None for an outsider."""
    if Part.OBSERVER not in charter.parts_of(identity.agency_id, now):
        return None
    of_mission, since = col(table.mission_id) == charter.mission_id, charter.sees_since(identity.agency_id, now)
    return of_mission if since is None else and_(of_mission, col(table.created_time) >= since)
