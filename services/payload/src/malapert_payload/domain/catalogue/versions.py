"""Versions of instruments and activity types: what is in force, and what a mission version or a team changes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from malapert_core.errors import Fault

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
    """Author, time and reason of a version, and whether a mission version's document made it."""

    version: int
    content_hash: str
    agency_id: str
    time: datetime
    reason: str
    by_document: bool = False


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

    def is_beyond(self, agency_id: str) -> bool:
        """True where another agency published the newest version itself, so that no document of this one changes it."""
        if not self.versions or self.newest.record.by_document:
            return False
        return self.newest.item.agency_id not in ("", agency_id)


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


def published(history: ItemHistory, item: Item, change: Change, *, by_document: bool = False) -> ItemHistory:
    """Return a history with a version more, in force; the same where the newest in force says the same."""
    digest = item_hash(item)
    if history.versions and history.in_force and history.newest.record.content_hash == digest:
        return history
    version = history.newest.record.version + 1 if history.versions else 1
    if history.versions and history.newest.record.content_hash == digest:
        return replace(history, in_force=True)
    record = VersionRecord(version, digest, change.agency_id, change.time, change.reason, by_document)
    added = ItemVersion(replace(item, version=version), record)
    return replace(history, versions=(*history.versions, added), in_force=True)


def listed_by_mission(
    items: Sequence[Item], histories: Mapping[ItemKey, ItemHistory], change: Change
) -> dict[ItemKey, ItemHistory]:
    """Return the histories after a mission version lists these items.

    Notes
    -----
    What the mission version changes against the version before becomes the newest; what it no longer lists is out of
    force. What another agency than the document's published itself stays as it is: the mission version lists it as
    the version before did, as the agency has it, or not at all.
    """
    result = dict(histories)
    given = {key_of(item): item for item in reversed(items)}
    for key, item in given.items():
        history, digest = histories.get(key, ItemHistory()), item_hash(item)
        if not history.is_beyond(change.agency_id) and (history.listed_hash != digest or not history.in_force):
            history = published(history, item, change, by_document=True)
        result[key] = replace(history, listed_hash=digest)
    for key, history in histories.items():
        if key not in given and history.listed_hash:
            result[key] = replace(history, listed_hash="", in_force=history.is_beyond(change.agency_id))
    return result


def foreign_item_faults(
    items: Sequence[Item], histories: Mapping[ItemKey, ItemHistory], agency_id: str, path: str
) -> Iterator[Fault]:
    """Yield a fault for each item of an agency's document that changes what another agency published itself."""
    for index, item in enumerate(items):
        key = key_of(item)
        history, name = histories.get(key, ItemHistory()), key[0].replace("_", " ")
        said = {history.listed_hash, *(version.record.content_hash for version in history.versions)}
        if history.is_beyond(agency_id) and item_hash(item) not in said:
            message = (
                f"{history.newest.item.agency_id} published the {name} {key[1]!r} itself; list it as it is, or not"
            )
            yield Fault(f"{path}[{index}]", "PUBLISHED_BY_AGENCY", message)
