"""Proposed versions of missions in a session's database."""

from collections.abc import Collection
from dataclasses import fields

from malapert_core.errors import ConflictError, NotFoundError
from sqlalchemy import func, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_planner.domain.life.proposal import MissionProposal, MissionProposalState
from malapert_planner.storage.tables import MissionProposalRow

_MOST_LISTED = 100


class ProposalStore:
    """Keeps proposed versions of missions."""

    def add(self, session: AsyncSession, proposal: MissionProposal) -> None:
        """Store a proposed version."""
        values = {each.name: getattr(proposal, each.name) for each in fields(proposal)}
        session.add(MissionProposalRow(**values))

    async def get(self, session: AsyncSession, mission_id: str, proposal_id: str) -> MissionProposal:
        """Return a mission's proposed version; raise NotFoundError where there is none."""
        row = await session.get(MissionProposalRow, proposal_id)
        if row is None or row.mission_id != mission_id:
            raise NotFoundError("mission proposal", proposal_id)
        return _of_row(row)

    async def same(
        self, session: AsyncSession, mission_id: str, agency_id: str, content_hash: str
    ) -> MissionProposal | None:
        """Return an agency's open proposal of the same content."""
        query = select(MissionProposalRow).where(
            col(MissionProposalRow.mission_id) == mission_id,
            col(MissionProposalRow.agency_id) == agency_id,
            col(MissionProposalRow.content_hash) == content_hash,
            col(MissionProposalRow.state) == MissionProposalState.OPEN.value,
        )
        row = (await session.exec(query.limit(1))).first()
        return None if row is None else _of_row(row)

    async def newest(
        self,
        session: AsyncSession,
        mission_id: str,
        agency_id: str | None,
        states: Collection[MissionProposalState] = (),
    ) -> list[MissionProposal]:
        """Return the latest proposed versions of a mission, newest first; no agency and no states mean all."""
        query = select(MissionProposalRow).where(col(MissionProposalRow.mission_id) == mission_id)
        if agency_id is not None:
            query = query.where(col(MissionProposalRow.agency_id) == agency_id)
        if states:
            query = query.where(col(MissionProposalRow.state).in_([state.value for state in states]))
        query = query.order_by(col(MissionProposalRow.proposal_id).desc()).limit(_MOST_LISTED)
        return [_of_row(row) for row in (await session.exec(query)).all()]

    async def stored_bytes(self, session: AsyncSession, agency_id: str) -> int:
        """Return how many bytes the documents of an agency's proposed versions take."""
        total = select(func.coalesce(func.sum(func.length(col(MissionProposalRow.document_json))), 0))
        return int((await session.exec(total.where(col(MissionProposalRow.agency_id) == agency_id))).one())

    async def decide(self, session: AsyncSession, proposal: MissionProposal) -> None:
        """Store what became of an open proposal.

        Raises
        ------
        ConflictError
            ``CONCURRENT_CHANGE`` where somebody else decided on it meanwhile.
        """
        query = update(MissionProposalRow).where(
            col(MissionProposalRow.proposal_id) == proposal.proposal_id,
            col(MissionProposalRow.state) == MissionProposalState.OPEN.value,
        )
        names = ("reason", "decided_by_agency_id", "version")
        values = {name: getattr(proposal, name) for name in names} | {"state": proposal.state.value}
        if (await session.exec(query.values(**values))).rowcount != 1:
            raise ConflictError("CONCURRENT_CHANGE", "the proposal was decided on by somebody else just now; ask again")


def _of_row(row: MissionProposalRow) -> MissionProposal:
    return MissionProposal(**{**row.model_dump(), "state": MissionProposalState(row.state)})
