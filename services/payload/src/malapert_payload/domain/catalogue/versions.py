"""Versions of instruments and activity types: what is in force, and what a mission version or a team changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from malapert_payload.domain.catalogue.activity_type import ActivityType
from malapert_payload.domain.catalogue.catalogue import Catalogue, item_id
from malapert_payload.domain.catalogue.content import item_hash
from malapert_payload.domain.catalogue.instrument import Instrument
from malapert_payload.domain.requests.lifecycle import Change

Item = Instrument | ActivityType
ItemKind = Literal["instrument", "activity_type"]
ItemKey = tuple[ItemKind, str]


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """Author, time and reason of a version."""

    version: int
    content_hash: str
    agency_id: str
    time: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ItemVersion:
    """A version of an instrument or activity type; never changed."""

    item: Item
    record: VersionRecord


@dataclass(frozen=True, slots=True)
class ItemHistory:
    """An instrument or activity type: its versions, oldest first, and whether the newest is in force.

    `listed_hash` is the content with which a mission version listed it last, empty where none did.
    """

    versions: tuple[ItemVersion, ...] = ()
    listed_hash: str = ""
    in_force: bool = True

    @property
    def newest(self) -> ItemVersion:
        """The newest version."""
        return self.versions[-1]


def key_of(item: Item) -> ItemKey:
    """Return what an instrument or activity type is known by."""
    return ("instrument" if isinstance(item, Instrument) else "activity_type", item_id(item))


def in_force(catalogue: Catalogue, histories: Mapping[ItemKey, ItemHistory]) -> Catalogue:
    """Return a mission's scope with the newest version of every item in force, and with all earlier versions."""
    newest = [history.newest.item for _, history in sorted(histories.items()) if history.in_force and history.versions]
    earlier = [
        version.item
        for _, history in sorted(histories.items())
        for version in (history.versions[:-1] if history.in_force else history.versions)
    ]
    return replace(
        catalogue,
        instruments=tuple(item for item in newest if isinstance(item, Instrument)),
        activity_types=tuple(item for item in newest if isinstance(item, ActivityType)),
        earlier_instruments=tuple(item for item in earlier if isinstance(item, Instrument)),
        earlier_activity_types=tuple(item for item in earlier if isinstance(item, ActivityType)),
    )


def published(history: ItemHistory, item: Item, change: Change) -> ItemHistory:
    """Return a history with a version more, in force; the same where the newest in force says the same."""
    digest = item_hash(item)
    if history.versions and history.in_force and history.newest.record.content_hash == digest:
        return history
    version = history.newest.record.version + 1 if history.versions else 1
    if history.versions and history.newest.record.content_hash == digest:
        return replace(history, in_force=True)
    record = VersionRecord(version, digest, change.agency_id, change.time, change.reason)
    added = ItemVersion(replace(item, version=version), record)
    return replace(history, versions=(*history.versions, added), in_force=True)


def listed_by_mission(
    items: Sequence[Item], histories: Mapping[ItemKey, ItemHistory], change: Change
) -> dict[ItemKey, ItemHistory]:
    """Return the histories after a mission version lists these items.

    Notes
    -----
    What the mission version changes against the version before becomes the newest; what it leaves as it was keeps the
    version in force, which a team may have published since. What it no longer lists is out of force. What a team
    published and no mission version ever listed stays.
    """
    result = dict(histories)
    given = {key_of(item): item for item in reversed(items)}
    for key, item in given.items():
        history, digest = histories.get(key, ItemHistory()), item_hash(item)
        if history.listed_hash != digest or not history.in_force:
            history = published(history, item, change)
        result[key] = replace(history, listed_hash=digest)
    for key, history in histories.items():
        if key not in given and history.listed_hash:
            result[key] = replace(history, listed_hash="", in_force=False)
    return result
