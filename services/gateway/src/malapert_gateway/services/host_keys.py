"""The first agencies and keys of an installation, and those that are made on its host afterwards."""

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from malapert_core.audit.host import host_user
from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database, take_turn
from malapert_core.errors import PreconditionError
from malapert_core.policy.identity import Identity, Role
from malapert_core.timestamps import utc_now
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_gateway.domain.agency import Agency, AgencyState
from malapert_gateway.domain.api_key import ApiKey, BearerKey
from malapert_gateway.services.key_service import KeyWish, new_key
from malapert_gateway.storage.agency_store import AgencyStore
from malapert_gateway.storage.key_store import KeyStore

HOST = "host"
"""Who made what was made by the host's configuration or command line."""
_FIRST_KEYS_LOCK = 8_101_969


class HostKeys:
    """Keys and agencies as whoever has the host makes them: without any key, and never unseen.

    Parameters
    ----------
    database
    audit
        Records what is made.
    """

    def __init__(self, database: Database, audit: AuditTrail) -> None:
        self._database = database
        self._audit = audit
        self._keys = KeyStore()
        self._agencies = AgencyStore()

    async def issue_first(self, wanted: Sequence[tuple[str, Role]], path: Path) -> bool:
        """Make the first keys where there is none yet, and write them into a file that only its owner reads.

        Of gateways that start at once on one database, one does.

        Returns
        -------
        bool
            True where keys were made and written.
        """
        async with self._database.reading() as session:
            if not await self._keys.is_empty(session):
                return False
        async with self._database.transaction() as session:
            await take_turn(session, _FIRST_KEYS_LOCK)
            if not await self._keys.is_empty(session):
                return False
            await self._make_first(session, wanted, path)
        return True

    async def _make_first(self, session: AsyncSession, wanted: Sequence[tuple[str, Role]], path: Path) -> None:
        made = [
            new_key(agency_id, KeyWish(role, "made at first start"), HOST, is_made_on_host=True)
            for agency_id, role in wanted
        ]
        entries = [{"agency_id": key.agency_id, "role": key.role.name, "key": bearer.text} for key, bearer in made]
        # The file goes first: keys that nobody has would lock everybody out, a file of unknown keys is written anew.
        await asyncio.to_thread(_write_private, path, json.dumps({"keys": entries}, indent=2) + "\n")
        for agency_id in dict.fromkeys(agency_id for agency_id, _ in wanted):
            await self._admit(session, agency_id)
        for key, _ in made:
            await self._keep(session, key)

    async def issue(self, agency_id: str, role: Role, label: str) -> tuple[ApiKey, BearerKey]:
        """Make a key of an agency that is admitted.

        Raises
        ------
        PreconditionError
            ``UNKNOWN_AGENCY``, naming those that there are.
        """
        key, bearer = new_key(agency_id, KeyWish(role, label), f"{HOST}:{host_user()}", is_made_on_host=True)
        async with self._database.transaction() as session:
            if await self._agencies.find(session, agency_id) is None:
                known = ", ".join(agency.agency_id for agency in await self._agencies.all(session)) or "none"
                raise PreconditionError("UNKNOWN_AGENCY", f"no agency {agency_id!r} is admitted; there are: {known}")
            await self._keep(session, key)
        return key, bearer

    async def agencies(self) -> list[tuple[Agency, list[ApiKey]]]:
        """Return all agencies with their keys."""
        async with self._database.reading() as session:
            return [
                (agency, await self._keys.of_agency(session, agency.agency_id))
                for agency in await self._agencies.all(session)
            ]

    async def _admit(self, session: AsyncSession, agency_id: str) -> None:
        if await self._agencies.find(session, agency_id) is None:
            now = utc_now()
            self._agencies.add(session, Agency(agency_id, agency_id, AgencyState.ADMITTED, (), 0, now, HOST))
            await session.flush()
            self._record(session, agency_id, "agency.admitted", "agency", agency_id)

    async def _keep(self, session: AsyncSession, key: ApiKey) -> None:
        self._keys.add(session, key)
        agency = await self._agencies.locked(session, key.agency_id)
        if key.role is Role.ADMINISTRATOR and agency.enrolled_time is None:
            await self._agencies.save(session, replace(agency, enrolled_time=key.created_time))
        self._record(session, key.agency_id, "key.created_on_host", "key", key.key_id, f"{key.role.name} {key.label}")

    def _record(
        self, session: AsyncSession, agency_id: str, action: str, kind: str, entity_id: str, detail: str = ""
    ) -> None:
        # Of the agency itself, so that its administrators read it.
        who = Identity(agency_id, Role.PLATFORM, HOST, f"{HOST}:{host_user()}")
        self._audit.record(session, action, entity_kind=kind, entity_id=entity_id, detail=detail, identity=who)


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)
    part.replace(path)
