"""Makes, checks and revokes keys."""

import asyncio
import json
import os
from collections.abc import Sequence
from pathlib import Path

from malapert_core.errors import NotFoundError, UnauthenticatedError
from malapert_core.policy.identity import Identity, Role
from malapert_core.timestamps import utc_now

from malapert_gateway.domain.api_key import ApiKey, BearerKey, hash_secret, new_bearer_key, parse_bearer_key
from malapert_gateway.storage.key_store import KeyStore


class KeyService:
    """Keys of agencies.

    Parameters
    ----------
    store
        Where keys are kept.
    """

    def __init__(self, store: KeyStore) -> None:
        self._store = store

    async def issue(self, agency_id: str, role: Role, label: str) -> tuple[ApiKey, str]:
        """Make a key; return it and the text that its holder sends, which is kept nowhere."""
        key, bearer = _new_key(agency_id, role, label)
        await self._store.add([key])
        return key, bearer.text

    async def identify(self, authorization: str | None) -> Identity:
        """Return whom an Authorization header speaks for.

        Raises
        ------
        UnauthenticatedError
            ``MISSING_KEY`` without a bearer key, ``INVALID_KEY`` for one that is unknown or revoked.
        """
        scheme, _, text = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not text.strip():
            raise UnauthenticatedError("MISSING_KEY", "send the header Authorization: Bearer mlp_…")
        bearer = parse_bearer_key(text.strip())
        key = None if bearer is None else await self._store.find(bearer.key_id)
        if bearer is None or key is None or not key.opens_with(bearer.secret):
            raise UnauthenticatedError("INVALID_KEY", "the key is unknown or revoked")
        return key.identity

    async def list(self, agency_id: str) -> list[ApiKey]:
        """Return an agency's keys, oldest first."""
        return [key for key in await self._store.list() if key.agency_id == agency_id]

    async def revoke(self, key_id: str, agency_id: str) -> ApiKey:
        """Revoke a key of an agency for good.

        Raises
        ------
        NotFoundError
            ``UNKNOWN_KEY``.
        """
        known = await self._store.find(key_id)
        if known is None or known.agency_id != agency_id:
            raise NotFoundError("key", key_id)
        return await self._store.revoke(key_id, utc_now()) or known

    async def issue_first(self, wanted: Sequence[tuple[str, Role]], path: Path) -> bool:
        """Make the first keys where there is none yet, and write them into a file that only its owner reads.

        Returns
        -------
        bool
            True where keys were made and written.
        """
        if await self._store.list():
            return False
        made = [_new_key(agency_id, role, "made at first start") for agency_id, role in wanted]
        entries = [{"agency_id": key.agency_id, "role": key.role.name, "key": bearer.text} for key, bearer in made]
        # The file goes first: keys that nobody has would lock everybody out, a file of unknown keys is written anew.
        await asyncio.to_thread(_write_private, path, json.dumps({"keys": entries}, indent=2) + "\n")
        await self._store.add([key for key, _ in made])
        return True


def _new_key(agency_id: str, role: Role, label: str) -> tuple[ApiKey, BearerKey]:
    bearer = new_bearer_key()
    key = ApiKey(bearer.key_id, hash_secret(bearer.secret), agency_id, role, label, utc_now())
    return key, bearer


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)
    part.replace(path)
