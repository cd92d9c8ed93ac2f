"""Charters in a session's database; every version stays."""

from collections.abc import Collection
from typing import Any

from malapert_core.errors import ConflictError
from malapert_core.policy.charter import Charter, Consent, Membership, Part
from malapert_core.signing.sign_off import SignOffRule
from malapert_core.signing.sign_off_form import rule_content, rule_of
from malapert_core.timestamps import format_time, parse_time
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_planner.domain.life.charter import CharterVersion
from malapert_planner.storage.tables import CharterRow


class CharterStore:
    """Keeps the versions of charters."""

    async def add(self, session: AsyncSession, version: CharterVersion) -> None:
        """Store a new version.

        Raises
        ------
        ConflictError
            ``CONCURRENT_CHANGE`` where the version is there already.
        """
        charter = version.charter
        session.add(
            CharterRow(
                mission_id=charter.mission_id,
                version=charter.version,
                members=[member_columns(member) for member in charter.members],
                is_public=charter.is_public,
                changed_time=version.changed_time,
                changed_by=list(version.changed_by),
                consent=charter.consent.value,
                sign_off=rule_content(charter.sign_off),
            )
        )
        try:
            await session.flush()
        except IntegrityError as error:
            message = f"the charter of {charter.mission_id} was changed by somebody else just now; ask again"
            raise ConflictError("CONCURRENT_CHANGE", message) from error

    async def newest(self, session: AsyncSession, mission_id: str) -> CharterVersion | None:
        """Return the version in force, None where there is no such mission."""
        query = select(CharterRow).where(col(CharterRow.mission_id) == mission_id)
        row = (await session.exec(query.order_by(col(CharterRow.version).desc()).limit(1))).first()
        return None if row is None else _of_row(row)

    async def newest_of(self, session: AsyncSession, mission_ids: Collection[str]) -> dict[str, CharterVersion]:
        """Return the versions in force of those of some missions that there are, by mission, in their order."""
        query = select(CharterRow).where(col(CharterRow.mission_id).in_(mission_ids))
        rows = (await session.exec(query.order_by(col(CharterRow.version)))).all()
        found = {row.mission_id: row for row in rows}
        return {name: _of_row(found[name]) for name in dict.fromkeys(mission_ids) if name in found}

    async def all_newest(self, session: AsyncSession) -> list[CharterVersion]:
        """Return the version in force of every mission, by mission."""
        rows = (await session.exec(select(CharterRow).order_by(CharterRow.mission_id, col(CharterRow.version)))).all()
        return list({row.mission_id: _of_row(row) for row in rows}.values())


def member_columns(member: Membership) -> dict[str, Any]:
    """Return a membership as plain data."""
    return {
        "agency_id": member.agency_id,
        "parts": sorted(member.parts),
        "since": format_time(member.since),
        "until": None if member.until is None else format_time(member.until),
        "sees_earlier": member.sees_earlier,
    }


def member_of(columns: dict[str, Any]) -> Membership:
    """Return the membership that plain data states."""
    until = columns["until"]
    return Membership(
        agency_id=columns["agency_id"],
        parts=frozenset(map(Part, columns["parts"])),
        since=parse_time(columns["since"]),
        until=None if until is None else parse_time(until),
        sees_earlier=columns["sees_earlier"],
    )


def _of_row(row: CharterRow) -> CharterVersion:
    members, consent = tuple(map(member_of, row.members)), Consent(row.consent)
    rule = rule_of(row.sign_off) if row.sign_off else SignOffRule()
    charter = Charter(row.mission_id, row.version, members, row.is_public, consent=consent, sign_off=rule)
    agency_id, principal_id = row.changed_by
    return CharterVersion(charter, row.changed_time, (agency_id, principal_id))
