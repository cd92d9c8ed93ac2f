"""Anchors of an audit chain: its head, told regularly by an event and in the log, where the chain's database is not."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterable

import structlog

from malapert_core.audit.ledger import head_of
from malapert_core.audit.verification import FIRST_PLACE, Place
from malapert_core.db.database import Database
from malapert_core.events.outbox import EventOutbox
from malapert_core.events.registry import event_types
from malapert_core.policy.audience import Visibility
from malapert_core.policy.identity import PLATFORM_AGENCY_ID
from malapert_core.timestamps import to_timestamp, utc_now

log = structlog.get_logger(__name__)

ANCHORED = "audit chain anchored"
"""The line of the log, which has the service, the number and the hash of the newest entry."""
INTERVAL_S = 60.0


class AnchorPublisher:
    """Tells the head of a service's chain, where it moved on.

    Parameters
    ----------
    database : Database
    outbox : EventOutbox
    """

    def __init__(self, database: Database, outbox: EventOutbox) -> None:
        self._database = database
        self._outbox = outbox
        self.told = FIRST_PLACE
        """The place that was told last."""

    async def run(self) -> None:
        """Tell the head now and again until cancelled."""
        while True:
            try:
                await self.publish()
            except Exception as error:
                log.warning("audit chain could not be anchored yet", error=repr(error))
            await asyncio.sleep(INTERVAL_S)

    async def publish(self) -> None:
        """Tell the head where it is another than the one that was told last."""
        head = await head_of(self._database)
        if head == self.told:
            return
        service = self._outbox.service_name
        kind = event_types().get(f"malapert.{service}.v1.audit.anchored")
        if kind is not None:
            message = kind.message_class(sequence=head.sequence, hash=head.hash, time=to_timestamp(utc_now()))
            async with self._database.transaction() as session:
                self._outbox.add(
                    session,
                    message,
                    entity_id=str(head.sequence),
                    agency_id=PLATFORM_AGENCY_ID,
                    visibility=Visibility.OWNER,
                )
        log.info(ANCHORED, service=service, sequence=head.sequence, hash=head.hash)
        self.told = head


def anchors_of(lines: Iterable[str]) -> dict[str, list[Place]]:
    """Return the anchors in a log of JSON lines by service; what is no anchor is passed over."""
    anchors: dict[str, list[Place]] = defaultdict(list)
    for line in lines:
        if ANCHORED not in line:
            continue
        try:
            told = json.loads(line)
            if told["event"] == ANCHORED:
                anchors[str(told["service"])].append(Place(int(told["sequence"]), str(told["hash"])))
        except (ValueError, KeyError, TypeError):
            continue
    return anchors
