"""The contact book as it is stored."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from malapert_core.errors import ConflictError
from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, insert, not_, or_, text, true, update
from sqlalchemy import select as sql_select
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_comms_window.domain.contact_requests import MAX_TRACKING, ContactRequest
from malapert_comms_window.domain.contacts import (
    HOLDING_STATES,
    Contact,
    ContactCause,
    ContactState,
    place_in_listing,
)
from malapert_comms_window.storage.tables import ContactRow

_MAYBE_HOLDING = (ContactState.TENTATIVE.value, ContactState.COMMITTED.value)


_ALTERNATES = TypeAdapter(tuple[ContactRequest, ...])
_LONGEST_OCCUPATION = MAX_TRACKING + timedelta(days=2)
_SPANS_AT_ONCE = 128
_SIZES = (1, 2, 4, 8, 16, 32, 64, _SPANS_AT_ONCE)

AntennaSpan = tuple[str, datetime, datetime]
"""A station and a half-open span of its time."""


def batched_spans(spans: Collection[AntennaSpan]) -> Iterator[list[AntennaSpan]]:
    """Yield spans a hundred at a time; many of one antenna are asked for as the one that holds them all."""
    if len(spans) > _SPANS_AT_ONCE:
        whole: dict[str, tuple[datetime, datetime]] = {}
        for station_id, start, end in spans:
            first, last = whole.get(station_id, (start, end))
            whole[station_id] = min(first, start), max(last, end)
        spans = [(station_id, *span) for station_id, span in whole.items()]
    ordered = sorted(set(spans))
    for first_index in range(0, len(ordered), _SPANS_AT_ONCE):
        few = ordered[first_index : first_index + _SPANS_AT_ONCE]
        # Filled up to a few sizes, so that there are few statements, which the database's driver keeps prepared.
        size = next(size for size in _SIZES if size >= len(few))
        yield few + few[:1] * (size - len(few))


def span_values(spans: Sequence[AntennaSpan], longest: timedelta = timedelta(0)) -> dict[str, str | datetime]:
    """Return the parameters of a statement on spans: station, start, the longest before it, and end, by number."""
    values: dict[str, str | datetime] = {}
    for index, (station_id, start, end) in enumerate(spans):
        values |= {f"station{index}": station_id, f"start{index}": start, f"end{index}": end}
        if longest:
            values[f"since{index}"] = start - longest
    return values


@dataclass(frozen=True, slots=True)
class ContactFilter:
    """Filter of contacts; empty fields mean all. States are as they are at an instant.

    ``after`` is the occupied start of a contact and its `place_in_listing`: those that follow it are wanted.

    What not everybody may know counts only of contacts of ``party_agency_id`` and of the antennas of
    ``owned_agency_ids``, in the missions that a key is for; no party means one that may know all.
    """

    station_id: str = ""
    mission_id: str = ""
    start_time: datetime | None = None
    end_time: datetime | None = None
    only_holding_at: datetime | None = None
    after: tuple[datetime, str] | None = None
    states: frozenset[ContactState] = frozenset()
    states_at: datetime | None = None
    causes: frozenset[ContactCause] = frozenset()
    plan_ids: frozenset[str] = frozenset()
    station_agency_id: str = ""
    party_agency_id: str = ""
    owned_agency_ids: frozenset[str] = frozenset()
    entered_mission_ids: frozenset[str] = frozenset()


class ContactStore:
    """Stores bookings; who changes any of an antenna locks the antenna first."""

    async def lock_antennas(self, session: AsyncSession, station_ids: Collection[str]) -> None:
        """Keep everybody else from changing bookings of these antennas until the transaction ends."""
        wanted = sorted(set(station_ids))  # one order for all, so that two never wait for each other
        if not wanted:
            return
        # One statement that makes rows or locks them in their order, alike on SQLite and PostgreSQL.
        rows = ", ".join(f"(:s{index}, 1)" for index in range(len(wanted)))
        locking = text(
            f"INSERT INTO antenna (station_id, change_count) VALUES {rows} "  # noqa: S608  # names of parameters only
            "ON CONFLICT (station_id) DO UPDATE SET change_count = antenna.change_count + 1"
        )
        values = {f"s{index}": station_id for index, station_id in enumerate(wanted)}
        await (await session.connection()).execute(locking, values)

    async def lock_bookers(
        self, session: AsyncSession, station_ids: Collection[str], agency_ids: Collection[str]
    ) -> None:
        """Lock antennas, and keep others from booking in the name of these agencies until the transaction ends."""
        await self.lock_antennas(session, [*station_ids, *(f"agency:{agency_id}" for agency_id in agency_ids)])

    async def overlapping(self, session: AsyncSession, spans: Collection[AntennaSpan]) -> list[Contact]:
        """Return the bookings that may hold antennas within spans, in order of their start."""
        found: dict[str, Contact] = {}
        connection = await session.connection()
        for few in batched_spans(spans):
            rows = (await connection.execute(_overlapping(len(few)), span_values(few, _LONGEST_OCCUPATION))).all()
            found.update((row.contact_id, _of_row(row)) for row in rows)
        return sorted(found.values(), key=lambda contact: contact.occupied_start_time)

    async def add(self, session: AsyncSession, contacts: Sequence[Contact]) -> None:
        """Store new bookings."""
        if contacts:
            rows = [_values(contact) for contact in contacts]
            await (await session.connection()).execute(insert(ContactRow), rows)

    async def find_all(self, session: AsyncSession, contact_ids: Collection[str]) -> dict[str, Contact]:
        """Return those of the bookings that there are, by identifier, as stored now."""
        query = select(ContactRow).where(col(ContactRow.contact_id).in_(set(contact_ids)))
        rows = (await session.exec(query.execution_options(populate_existing=True))).all()
        return {row.contact_id: _of_row(row) for row in rows}

    async def of_plans(self, session: AsyncSession, plan_ids: Collection[str]) -> list[Contact]:
        """Return the bookings of plans, whatever their states, in order of their start."""
        query = select(ContactRow).where(col(ContactRow.plan_id).in_(set(plan_ids)))
        ordered = query.order_by(col(ContactRow.occupied_start_time)).execution_options(populate_existing=True)
        return [_of_row(row) for row in (await session.exec(ordered)).all()]

    async def change(self, session: AsyncSession, before: Contact, after: Contact) -> None:
        """Store a changed booking.

        Raises
        ------
        ConflictError
            ``CONTACT_CHANGED`` where it was changed since it was read.
        """
        changing = (
            update(ContactRow)
            .where(col(ContactRow.contact_id) == before.contact_id, col(ContactRow.version) == before.version)
            .values(**{name: value for name, value in _values(after).items() if name in _CHANGING})
        )
        result = await session.exec(changing)
        if result.rowcount != 1:
            message = f"contact {before.contact_id} was changed meanwhile; read it again"
            raise ConflictError("CONTACT_CHANGED", message, metadata={"contact_id": before.contact_id})

    async def page(self, session: AsyncSession, wanted: ContactFilter, limit: int) -> list[Contact]:
        """Return at most so many bookings in order of their occupied start."""
        query = select(ContactRow)
        if wanted.station_id:
            query = query.where(ContactRow.station_id == wanted.station_id)
        if wanted.station_agency_id:
            query = query.where(ContactRow.station_agency_id == wanted.station_agency_id)
        if wanted.mission_id or wanted.plan_ids or wanted.causes:
            query = query.where(_of_party(wanted))
        if wanted.mission_id:
            query = query.where(ContactRow.mission_id == wanted.mission_id)
        if wanted.plan_ids:
            query = query.where(col(ContactRow.plan_id).in_(wanted.plan_ids))
        if wanted.start_time is not None and wanted.end_time is not None:
            query = query.where(
                col(ContactRow.occupied_start_time) < wanted.end_time,
                col(ContactRow.occupied_end_time) > wanted.start_time,
            )
        if wanted.only_holding_at is not None:
            query = query.where(_in_states(HOLDING_STATES, wanted.only_holding_at))
        if wanted.states and wanted.states_at is not None:
            query = query.where(_in_states(wanted.states, wanted.states_at))
        if wanted.causes and wanted.states_at is not None:
            query = query.where(_of_causes(wanted.causes, wanted.states_at))
        if wanted.after is not None:
            start, place = wanted.after
            contact_id = await _contact_at(session, start, place)
            later = col(ContactRow.occupied_start_time) > start
            same = and_(col(ContactRow.occupied_start_time) == start, col(ContactRow.contact_id) > contact_id)
            query = query.where(later if contact_id is None else or_(later, same))
        ordered = query.order_by(col(ContactRow.occupied_start_time), col(ContactRow.contact_id)).limit(limit)
        return [_of_row(row) for row in (await session.exec(ordered)).all()]

    async def of_agreements(
        self, session: AsyncSession, agreement_ids: Collection[str], span: tuple[datetime, datetime] | None = None
    ) -> list[Contact]:
        """Return the bookings that agreements committed, those whose occupied time meets a span where one is given."""
        query = select(ContactRow).where(col(ContactRow.agreement_id).in_(set(agreement_ids)))
        if span is not None:
            query = query.where(
                col(ContactRow.occupied_start_time) < span[1],
                col(ContactRow.occupied_start_time) > span[0] - _LONGEST_OCCUPATION,
                col(ContactRow.occupied_end_time) > span[0],
            )
        return [_of_row(row) for row in (await session.exec(query)).all()]

    async def holds_of(self, session: AsyncSession, agency_ids: Collection[str], now: datetime) -> list[Contact]:
        """Return the open holds of agencies on antennas that are not their own."""
        query = select(ContactRow).where(
            _in_states([ContactState.TENTATIVE], now),
            col(ContactRow.agency_id).in_(set(agency_ids)),
            col(ContactRow.agency_id) != col(ContactRow.station_agency_id),
        )
        return [_of_row(row) for row in (await session.exec(query)).all()]

    async def run_out(self, session: AsyncSession, now: datetime, limit: int) -> list[Contact]:
        """Return at most so many holds that have run out and that nobody has written down yet."""
        query = select(ContactRow).where(
            ContactRow.state == ContactState.TENTATIVE.value, col(ContactRow.hold_until_time) <= now
        )
        ordered = query.order_by(col(ContactRow.hold_until_time), col(ContactRow.contact_id)).limit(limit)
        return [_of_row(row) for row in (await session.exec(ordered)).all()]


async def _contact_at(session: AsyncSession, start: datetime, place: str) -> str | None:
    """Return the contact of an occupied start that has a place in the listing, None where it is gone."""
    there = await session.exec(select(ContactRow.contact_id).where(ContactRow.occupied_start_time == start))
    found = (contact_id for contact_id in there.all() if place_in_listing(contact_id) == place)
    return next(found, None)


_COLUMNS = tuple(ContactRow.__table__.columns)  # type: ignore[attr-defined]


_NAMES = tuple(column.name for column in _COLUMNS)
_CHANGING = frozenset(
    {"state", "cause", "version", "hold_until_time", "plan_id", "release_reason", "updated_time"}
    | {"priority", "agreement_id", "notice_s", "alternates"}
)
"""Columns that may change once a contact is booked."""


def _in_states(states: Collection[ContactState], now: datetime) -> ColumnElement[bool]:
    """Return the condition that `Contact.state_at` is one of some states."""
    stored, hold_until = col(ContactRow.state), col(ContactRow.hold_until_time)
    ran_out = and_(stored == ContactState.TENTATIVE.value, hold_until.is_not(None), hold_until <= now)
    committed = stored == ContactState.COMMITTED.value
    begun, ended = col(ContactRow.start_time) <= now, col(ContactRow.end_time) <= now
    conditions = {
        ContactState.TENTATIVE: and_(stored == ContactState.TENTATIVE.value, not_(ran_out)),
        ContactState.COMMITTED: and_(committed, not_(begun), not_(ended)),
        ContactState.ACTIVE: or_(stored == ContactState.ACTIVE.value, and_(committed, begun, not_(ended))),
        ContactState.COMPLETED: or_(stored == ContactState.COMPLETED.value, and_(committed, ended)),
        ContactState.CANCELLED: or_(stored == ContactState.CANCELLED.value, ran_out),
    }
    return or_(*(conditions.get(state, stored == state.value) for state in states))


@cache
def _overlapping(count: int) -> Select[Any]:
    """Return the statement that finds bookings which may hold antennas within so many spans."""
    within = [
        and_(
            col(ContactRow.station_id) == bindparam(f"station{index}"),
            col(ContactRow.occupied_start_time) < bindparam(f"end{index}"),
            # The longest booking bounds how far back the index is read.
            col(ContactRow.occupied_start_time) > bindparam(f"since{index}"),
            col(ContactRow.occupied_end_time) > bindparam(f"start{index}"),
        )
        for index in range(count)
    ]
    return sql_select(*_COLUMNS).where(or_(*within), col(ContactRow.state).in_(_MAYBE_HOLDING))


def _of_causes(causes: Collection[ContactCause], now: datetime) -> ColumnElement[bool]:
    """Return the condition that a contact is told with one of some causes: a hold that ran out has expired."""
    stored, hold_until = col(ContactRow.cause), col(ContactRow.hold_until_time)
    ran_out = and_(col(ContactRow.state) == ContactState.TENTATIVE.value, hold_until.is_not(None), hold_until <= now)
    told = and_(stored.in_([cause.value for cause in causes]), not_(ran_out))
    return or_(told, ran_out) if ContactCause.EXPIRED in causes else told


def _of_party(wanted: ContactFilter) -> ColumnElement[bool]:
    """Return the condition that who asks may know all of a contact."""
    if not wanted.party_agency_id:
        return true()
    own = col(ContactRow.agency_id) == wanted.party_agency_id
    party = or_(own, col(ContactRow.station_agency_id).in_(wanted.owned_agency_ids))
    missions = wanted.entered_mission_ids
    return and_(party, col(ContactRow.mission_id).in_(missions)) if missions else party


def _values(contact: Contact) -> dict[str, Any]:
    alternates = _ALTERNATES.dump_python(contact.alternates, mode="json") if contact.alternates else []
    return {**{name: getattr(contact, name) for name in _NAMES}, "alternates": alternates}


def _of_row(row: ContactRow | Row[Any]) -> Contact:
    # By columns, not by whole objects: a booking is read often and the session need not watch it.
    values = {name: getattr(row, name) for name in _NAMES}
    values["alternates"] = _ALTERNATES.validate_python(values["alternates"]) if values["alternates"] else ()
    return Contact(**{**values, "state": ContactState(values["state"]), "cause": ContactCause(values["cause"])})
