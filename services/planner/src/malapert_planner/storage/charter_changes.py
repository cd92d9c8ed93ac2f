"""Proposed charters in a session's database."""

from collections.abc import Collection
from typing import Any

from malapert_core.errors import ConflictError, NotFoundError
from malapert_core.policy.charter import Consent, Part
from malapert_core.signing.sign_off import SignOffRule
from malapert_core.signing.sign_off_form import rule_content, rule_of
from malapert_core.timestamps import format_time, parse_time
from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_planner.domain.life.charter import CharterChange, CharterChangeState, WantedMembership
from malapert_planner.storage.tables import CharterChangeRow

_MOST_LISTED = 100


class CharterChangeStore:
    """Keeps proposed charters."""

    def add(self, session: AsyncSession, change: CharterChange) -> None:
        """Store a proposed charter."""
        session.add(
            CharterChangeRow(
                change_id=change.change_id,
                mission_id=change.mission_id,
                charter_version=change.charter_version,
                members=[_columns(member) for member in change.members],
                is_public=change.is_public,
                consent=change.consent.value,
                sign_off=rule_content(change.sign_off),
                proposed_by=list(change.proposed_by),
                needed_agency_ids=list(change.needed_agency_ids),
                consented_agency_ids=list(change.consented_agency_ids),
                state=change.state.value,
                reason=change.reason,
                created_time=change.created_time,
                revision=change.revision,
            )
        )

    async def get(self, session: AsyncSession, mission_id: str, change_id: str) -> CharterChange:
        """Return a mission's proposed charter; raise NotFoundError where there is none."""
        row = await session.get(CharterChangeRow, change_id)
        if row is None or row.mission_id != mission_id:
            raise NotFoundError("charter change", change_id)
        return _of_row(row)

    async def newest(
        self,
        session: AsyncSession,
        mission_id: str,
        states: Collection[CharterChangeState] = (),
        consents: Collection[Consent] = (),
    ) -> list[CharterChange]:
        """Return the latest proposed charters of a mission, newest first; no states and no consents mean all."""
        query = select(CharterChangeRow).where(col(CharterChangeRow.mission_id) == mission_id)
        if states:
            query = query.where(col(CharterChangeRow.state).in_([state.value for state in states]))
        if consents:
            query = query.where(col(CharterChangeRow.consent).in_([consent.value for consent in consents]))
        query = query.order_by(col(CharterChangeRow.change_id).desc()).limit(_MOST_LISTED)
        return [_of_row(row) for row in (await session.exec(query)).all()]

    async def save(self, session: AsyncSession, change: CharterChange) -> None:
        """Store what became of a change.

        Raises
        ------
        ConflictError
            ``CONCURRENT_CHANGE`` where somebody else decided on it meanwhile.
        """
        query = update(CharterChangeRow).where(
            col(CharterChangeRow.change_id) == change.change_id,
            col(CharterChangeRow.revision) == change.revision - 1,
        )
        consented = list(change.consented_agency_ids)
        values = {"state": change.state.value, "reason": change.reason, "consented_agency_ids": consented}
        query = query.values(**values, revision=change.revision)
        if (await session.exec(query)).rowcount != 1:
            raise ConflictError("CONCURRENT_CHANGE", "the change was decided on by somebody else just now; ask again")

    async def overtake(self, session: AsyncSession, mission_id: str) -> None:
        """Note that the pending changes of a mission are of a charter that is no more."""
        pending = (
            col(CharterChangeRow.mission_id) == mission_id,
            col(CharterChangeRow.state) == CharterChangeState.PENDING.value,
        )
        await session.exec(update(CharterChangeRow).where(*pending).values(state=CharterChangeState.OVERTAKEN.value))


def _columns(member: WantedMembership) -> dict[str, Any]:
    return {
        "agency_id": member.agency_id,
        "parts": sorted(member.parts),
        "until": None if member.until is None else format_time(member.until),
        "sees_earlier": member.sees_earlier,
    }


def _member(columns: dict[str, Any]) -> WantedMembership:
    until = columns["until"]
    return WantedMembership(
        columns["agency_id"],
        frozenset(map(Part, columns["parts"])),
        None if until is None else parse_time(until),
        columns["sees_earlier"],
    )


def _of_row(row: CharterChangeRow) -> CharterChange:
    agency_id, principal_id = row.proposed_by
    return CharterChange(
        change_id=row.change_id,
        mission_id=row.mission_id,
        charter_version=row.charter_version,
        members=tuple(map(_member, row.members)),
        is_public=row.is_public,
        consent=Consent(row.consent),
        proposed_by=(agency_id, principal_id),
        needed_agency_ids=tuple(row.needed_agency_ids),
        created_time=row.created_time,
        consented_agency_ids=tuple(row.consented_agency_ids),
        state=CharterChangeState(row.state),
        reason=row.reason,
        revision=row.revision,
        sign_off=rule_of(row.sign_off) if row.sign_off else SignOffRule(),
    )
