"""Instruments and activity types with their versions."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, cast

from pydantic import TypeAdapter
from sqlalchemy import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.domain.catalogue.activity_type import ActivityType
from malapert_payload.domain.catalogue.instrument import Instrument
from malapert_payload.domain.catalogue.versions import (
    Item,
    ItemHistory,
    ItemKey,
    ItemKind,
    ItemVersion,
    VersionRecord,
)
from malapert_payload.storage.tables import ItemRow, ItemVersionRow, MissionRow

MissionState = tuple[int, frozenset[tuple[str, str, int, bool]]]
"""The newest version of a mission, with kind, identifier, newest version of its items, and whether in force."""

_ADAPTERS: dict[str, TypeAdapter[Item]] = {
    "instrument": cast("TypeAdapter[Item]", TypeAdapter(Instrument)),
    "activity_type": cast("TypeAdapter[Item]", TypeAdapter(ActivityType)),
}


class ItemStore:
    """Stores versions, each once."""

    async def of_mission(self, session: AsyncSession, mission_id: str) -> dict[ItemKey, ItemHistory]:
        """Return the history of every item of a mission."""
        versions: defaultdict[ItemKey, list[ItemVersion]] = defaultdict(list)
        query = select(ItemVersionRow).where(ItemVersionRow.mission_id == mission_id)
        for row in await session.exec(query.order_by(col(ItemVersionRow.version))):
            versions[cast("ItemKind", row.kind), row.item_id].append(_version(row))
        heads = await session.exec(select(ItemRow).where(ItemRow.mission_id == mission_id))
        return {
            (cast("ItemKind", head.kind), head.item_id): ItemHistory(
                tuple(versions[cast("ItemKind", head.kind), head.item_id]), head.listed_hash, head.in_force
            )
            for head in heads
        }

    async def state(self, session: AsyncSession, mission_id: str) -> MissionState | None:
        """Return a mission's newest version and what is in force: the same again means that nothing has changed.

        None where the mission is unknown.
        """
        columns = (MissionRow.newest_version, ItemRow.kind, ItemRow.item_id, ItemRow.newest_version, ItemRow.in_force)
        joined = select(*columns).join_from(  # type: ignore[call-overload]
            MissionRow, ItemRow, col(ItemRow.mission_id) == MissionRow.mission_id, isouter=True
        )
        found = (await session.exec(joined.where(MissionRow.mission_id == mission_id))).all()
        if not found:
            return None
        return found[0][0], frozenset(tuple(row[1:]) for row in found if row[1] is not None)

    async def save(
        self,
        session: AsyncSession,
        mission_id: str,
        before: Mapping[ItemKey, ItemHistory],
        after: Mapping[ItemKey, ItemHistory],
    ) -> None:
        """Store what histories have more than before; the mission must be locked."""
        added = []
        for key, history in sorted(after.items()):
            known = before.get(key)
            if history == known:
                continue
            await self._save_head(session, mission_id, key, history)
            added += [
                _values(mission_id, key, version) for version in history.versions[len(known.versions) if known else 0 :]
            ]
        if added:
            await (await session.connection()).execute(insert(ItemVersionRow), added)

    async def _save_head(self, session: AsyncSession, mission_id: str, key: ItemKey, history: ItemHistory) -> None:
        values: dict[str, Any] = {
            "newest_version": history.newest.record.version,
            "listed_hash": history.listed_hash,
            "in_force": history.in_force,
        }
        row = await session.get(ItemRow, (mission_id, *key))
        if row is None:
            session.add(ItemRow(mission_id=mission_id, kind=key[0], item_id=key[1], **values))
        else:
            session.add(row.sqlmodel_update(values))


def _version(row: ItemVersionRow) -> ItemVersion:
    item = _ADAPTERS[row.kind].validate_python(row.document)
    return ItemVersion(
        item, VersionRecord(row.version, row.content_hash, row.agency_id, row.time, row.reason, row.by_document)
    )


def _values(mission_id: str, key: ItemKey, version: ItemVersion) -> dict[str, object]:
    record = version.record
    return {
        "mission_id": mission_id,
        "kind": key[0],
        "item_id": key[1],
        "version": record.version,
        "content_hash": record.content_hash,
        "document": _ADAPTERS[key[0]].dump_python(version.item, mode="json"),
        "agency_id": record.agency_id,
        "time": record.time,
        "reason": record.reason,
        "by_document": record.by_document,
    }
