"""The book under random calls, clocks and outages: what never happens, whatever is asked in whatever order."""

import asyncio
import random
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from booking_calls import START, agree, asked, hours, ids, reserving
from malapert.comms_window.v1 import contact_pb2, contact_pb2_grpc, outage_pb2, outage_pb2_grpc
from malapert_comms_window.domain.agreements import months_of
from malapert_comms_window.domain.contacts import Contact, ContactCause, ContactState
from malapert_comms_window.storage.contacts import ContactStore
from malapert_comms_window.storage.tables import ContactChangeRow, ContactRow
from malapert_core.db.tables import OutboxRow
from malapert_core.errors import MalapertError
from malapert_testing.services import identity_of, open_test_channel
from sqlmodel import select

STATIONS = ("esa-mlg", "esa-ceb", "isro-idsn-32")
BOOKERS, OWNERS = ("JAXA", "ISRO", "NASA"), ("ESA", "ISRO")
MONTHLY_HOURS = 12.0
ROUNDS, AT_ONCE = 14, 9


class _Clock:
    """A clock that tests set on."""

    def __init__(self) -> None:
        self.now = START - timedelta(days=10)

    def __call__(self) -> datetime:
        return self.now


class _Party:
    """Everything that agencies may ask of the book, at random."""

    def __init__(self, rng: random.Random, stubs: dict[str, Any], outages: dict[str, Any]) -> None:
        self._rng, self._stubs, self._outages = rng, stubs, outages
        self._count = 0

    def action(self, known: list[contact_pb2.Contact]) -> Any:
        """Return a call that is not awaited yet."""
        self._count += 1
        kinds = (self._book, self._book, self._book, self._accept, self._release, self._reject, self._outage)
        return self._rng.choice(kinds if known else (self._book,))(known)

    def _book(self, known: list[contact_pb2.Contact]) -> Any:
        rng, booker = self._rng, self._rng.choice(BOOKERS)
        starts = rng.sample(range(1, 120, 4), rng.randint(1, 2))
        # From one end of the month to the other: some cross it.
        wanted = [asked(rng.choice(STATIONS), 300 + start, 300 + start + rng.choice((0.5, 2, 3))) for start in starts]
        key = f"{rng.randrange(40)}" if rng.random() < 0.2 else f"k{self._count}"
        more = {"commit": rng.random() < 0.8, "hold_s": rng.choice((0.0, 3600.0, 90_000.0))}
        if more["commit"]:
            more["bump"] = rng.random() < 0.8
        return self._stubs[booker].ReserveContacts(reserving(key, *wanted, **more))

    def _accept(self, known: list[contact_pb2.Contact]) -> Any:
        held = [each for each in known if each.state == contact_pb2.CONTACT_STATE_TENTATIVE] or known
        chosen = self._rng.sample(held, min(len(held), self._rng.randint(1, 2)))
        agency = self._rng.choice((chosen[0].station_agency_id, *BOOKERS))
        return self._stubs[agency].CommitContacts(contact_pb2.CommitContactsRequest(contact_ids=ids(chosen)))

    def _release(self, known: list[contact_pb2.Contact]) -> Any:
        chosen = self._rng.choice(known)
        request = contact_pb2.ReleaseContactsRequest(contact_ids=ids([chosen]))
        return self._stubs[chosen.agency_id].ReleaseContacts(request)

    def _reject(self, known: list[contact_pb2.Contact]) -> Any:
        chosen = self._rng.choice(known)
        request = contact_pb2.RejectContactsRequest(contact_ids=ids([chosen]), reason="needed elsewhere")
        return self._stubs[chosen.station_agency_id].RejectContacts(request)

    def _outage(self, known: list[contact_pb2.Contact]) -> Any:
        station_id, start = self._rng.choice(STATIONS), self._rng.randrange(300, 430)
        request = outage_pb2.AddOutageRequest(
            idempotency_key=f"o{self._count}",
            station_id=station_id,
            interval=hours(start, start + 0.5),
            kind=outage_pb2.OUTAGE_KIND_FAILURE,
            move_contacts=True,
        )
        owner = "ISRO" if station_id.startswith("isro") else "ESA"
        return self._outages[owner].AddOutage(request)


async def _check(service: Any, now: datetime, limits: dict[str, float]) -> set[str]:
    """Hold the whole book against what must be so, and return the causes of all changes."""
    async with service.runtime.database.reading() as session:
        rows = (await session.exec(select(ContactRow.contact_id))).all()
        contacts = list((await ContactStore().find_all(session, rows)).values())
        changes = (await session.exec(select(ContactChangeRow))).all()
        events = (await session.exec(select(OutboxRow).where(OutboxRow.subject.like("%.contact.%")))).all()  # type: ignore[attr-defined]
    _no_two_overlap(contacts, now)
    _no_hours_exceeded(contacts, limits)
    subjects = Counter(row.headers["ce-subject"] for row in events if not row.subject.endswith(".moved"))
    assert subjects == Counter(change.contact_id for change in changes)
    versions = defaultdict(list)
    for change in changes:
        versions[change.contact_id].append(change.version)
    assert {each.contact_id: each.version for each in contacts} == {k: max(v) for k, v in versions.items()}
    assert all(sorted(each) == list(range(1, len(each) + 1)) for each in versions.values())
    return {change.cause for change in changes}


def _no_two_overlap(contacts: list[Contact], now: datetime) -> None:
    held = defaultdict(list)
    for contact in contacts:
        if contact.holds_antenna_at(now):
            held[contact.station_id].append((contact.occupied_start_time, contact.occupied_end_time))
    for station_id, spans in held.items():
        assert all(end <= start for (_, end), (start, _) in pairwise(sorted(spans))), station_id


def _no_hours_exceeded(contacts: list[Contact], limits: dict[str, float]) -> None:
    counted = (ContactState.COMMITTED, ContactState.COMPLETED)
    used: dict[tuple[str, str], timedelta] = defaultdict(timedelta)
    for contact in contacts:
        if contact.agreement_id and contact.state in counted:
            assert contact.cause in (ContactCause.COMMITTED, ContactCause.REPORTED)
            for month, time in months_of(contact.occupied_start_time, contact.occupied_end_time):
                used[contact.agreement_id, month] += time
    for (agreement_id, month), time in used.items():
        assert time <= timedelta(hours=limits[agreement_id]), (agreement_id, month, time)


@pytest.mark.asyncio
async def test_the_book_keeps_its_promises_whatever_is_asked(sqlite_comms_window: Any) -> None:
    clock, rng = _Clock(), random.Random(18)
    sqlite_comms_window.build = partial(sqlite_comms_window.build, clock=clock)
    async with sqlite_comms_window.run(hold_check_s=0.01) as service:
        limits = {}
        for owner, partner, priority in (("ESA", "JAXA", 10), ("ESA", "NASA", 20), ("ISRO", "JAXA", 5)):
            made = await agree(service, owner, partner, MONTHLY_HOURS, priority=priority, notice_s=3600.0)
            limits[made.agreement_id] = MONTHLY_HOURS
        agencies = sorted({*BOOKERS, *OWNERS})
        channels = {agency: open_test_channel(service.target, identity_of(agency)) for agency in agencies}
        stubs = {agency: contact_pb2_grpc.ContactServiceStub(channel) for agency, channel in channels.items()}
        outages = {agency: outage_pb2_grpc.OutageServiceStub(channels[agency]) for agency in OWNERS}
        party = _Party(rng, stubs, outages)
        done: Counter[str] = Counter()
        for _ in range(ROUNDS):
            known = []
            for agency in BOOKERS:
                page = await stubs[agency].ListContacts(contact_pb2.ListContactsRequest(mission_id="lupex"))
                known += [contact for contact in page.contacts if contact.agency_id == agency]
            calls = [party.action(known) for _ in range(AT_ONCE)]
            for result in await asyncio.gather(*calls, return_exceptions=True):
                assert not isinstance(result, BaseException) or isinstance(result, MalapertError), result
                assert getattr(result, "reason", "") not in ("INTERNAL", "UNKNOWN"), result
                done[getattr(result, "reason", type(result).__name__)] += 1
            await _check(service, clock.now, limits)
            clock.now += timedelta(hours=rng.choice((0, 0, 1, 20)))
        await _swept(service, clock.now)
        causes = await _check(service, clock.now, limits)
        assert done["ReserveContactsResponse"] > 5, done
        # Most of what may happen to a contact did; which calls meet is left to chance.
        assert len(causes) >= 6, causes
        for channel in channels.values():
            await channel.close(None)


async def _swept(service: Any, now: datetime) -> None:
    async with asyncio.timeout(20):
        while True:
            async with service.runtime.database.reading() as session:
                if not await ContactStore().run_out(session, now, 1):
                    return
            await asyncio.sleep(0.02)


def test_months_are_the_calendar_s_in_utc() -> None:
    start, end = datetime(2028, 2, 28, 12, tzinfo=UTC), datetime(2028, 4, 1, 6, tzinfo=UTC)
    parts = dict(months_of(start, end))
    assert parts == {
        "2028-02": timedelta(days=1, hours=12),  # a leap year
        "2028-03": timedelta(days=31),
        "2028-04": timedelta(hours=6),
    }
    assert sum(parts.values(), timedelta()) == end - start
    assert list(months_of(end, end)) == []
