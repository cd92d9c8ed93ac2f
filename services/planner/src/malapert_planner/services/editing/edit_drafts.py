"""Edits under way: kept as often as they change, and told to the agency whose they are."""

from collections.abc import Sequence

from malapert.planner.v1 import edit_pb2
from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database
from malapert_core.errors import Fault, InvalidInputError, PreconditionError
from malapert_core.policy.identity import Identity
from malapert_core.vocabulary.identifiers import new_identifier
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_planner.domain.life.edit_drafts import LONGEST_TITLE, MOST_DRAFTS_OF_AGENCY, EditDraft
from malapert_planner.domain.life.plan import Plan
from malapert_planner.services.editing.edit_messages import too_many
from malapert_planner.services.ports import Clock
from malapert_planner.storage.edit_drafts import EditDraftStore


class EditDrafts:
    """Keeps the edits that people have under way.

    Parameters
    ----------
    database : Database
    drafts : EditDraftStore
    audit : AuditTrail
    clock : Clock
    """

    def __init__(self, database: Database, drafts: EditDraftStore, audit: AuditTrail, clock: Clock) -> None:
        self._database = database
        self._drafts = drafts
        self._audit = audit
        self._clock = clock

    async def create(self, plan: Plan, title: str, edits: Sequence[edit_pb2.PlanEdit], identity: Identity) -> EditDraft:
        """Keep edits of a plan.

        Raises
        ------
        InvalidInputError
            ``INVALID_EDIT_DRAFT`` with every fault.
        PreconditionError
            ``TOO_MANY_DRAFTS``.
        """
        _require_form(title, edits)
        now = self._clock()
        draft = EditDraft(
            new_identifier(),
            plan.plan_id,
            plan.content.mission_id,
            title,
            _serialised(edits),
            identity.agency_id,
            identity.principal_id,
            identity.principal_id,
            now,
            now,
        )
        async with self._database.transaction() as session:
            if await self._drafts.count(session, plan.plan_id, identity.agency_id) >= MOST_DRAFTS_OF_AGENCY:
                message = f"{identity.agency_id} has {MOST_DRAFTS_OF_AGENCY} edits of the plan under way; delete some"
                raise PreconditionError("TOO_MANY_DRAFTS", message)
            await self._drafts.save(session, draft)
            self._record(session, "created", draft, identity)
        return draft

    async def get(self, plan_id: str, draft_id: str, identity: Identity) -> EditDraft:
        """Return edits; raise NotFoundError where the principal's agency has no such."""
        async with self._database.reading() as session:
            return await self._drafts.get(session, plan_id, draft_id, identity.agency_id)

    async def page(self, plan_id: str, before_id: str, size: int, identity: Identity) -> list[EditDraft]:
        """Return at most so many edits of a plan that the principal's agency has under way, newest first."""
        async with self._database.reading() as session:
            return await self._drafts.page(session, plan_id, identity.agency_id, before_id, size)

    async def update(self, request: edit_pb2.UpdateEditDraftRequest, identity: Identity) -> EditDraft:
        """Keep other edits in the place of some.

        Raises
        ------
        InvalidInputError, NotFoundError, ConflictError
            As `create`, `get` and `EditDraft.updated`.
        """
        _require_form(request.title, request.edits)
        async with self._database.transaction() as session:
            draft = await self._drafts.get(
                session, request.plan_id, request.draft_id, identity.agency_id, for_update=True
            )
            updated = draft.updated(
                request.version, request.title, _serialised(request.edits), identity.principal_id, self._clock()
            )
            await self._drafts.save(session, updated)
            self._record(session, "updated", updated, identity)
        return updated

    async def delete(self, plan_id: str, draft_id: str, identity: Identity) -> None:
        """Forget edits; raise NotFoundError where the principal's agency has no such."""
        async with self._database.transaction() as session:
            await self.delete_in(session, plan_id, draft_id, identity)

    async def delete_in(self, session: AsyncSession, plan_id: str, draft_id: str, identity: Identity) -> None:
        """Forget edits in a transaction."""
        draft = await self._drafts.get(session, plan_id, draft_id, identity.agency_id, for_update=True)
        await self._drafts.remove(session, draft_id)
        self._record(session, "deleted", draft, identity)

    def _record(self, session: AsyncSession, action: str, draft: EditDraft, identity: Identity) -> None:
        self._audit.record(
            session,
            f"edit_draft.{action}",
            entity_kind="edit_draft",
            entity_id=draft.draft_id,
            mission_id=draft.mission_id,
            detail=f"of plan {draft.plan_id}",
            identity=identity,
        )


def _require_form(title: str, edits: Sequence[edit_pb2.PlanEdit]) -> None:
    faults = too_many(edits)
    if len(title) > LONGEST_TITLE:
        faults.append(Fault("title", "TOO_LONG", f"it has {len(title)} characters; {LONGEST_TITLE} are taken"))
    if faults:
        raise InvalidInputError("INVALID_EDIT_DRAFT", f"the edits have {len(faults)} faults", faults=faults)


def _serialised(edits: Sequence[edit_pb2.PlanEdit]) -> tuple[bytes, ...]:
    return tuple(edit.SerializeToString(deterministic=True) for edit in edits)
