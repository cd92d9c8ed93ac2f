"""Consultation on plans: threads are opened, read, commented and settled by those who see what they are about."""

import asyncio
from dataclasses import dataclass

from malapert.planner.v1 import plan_pb2
from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database
from malapert_core.errors import Fault, InvalidInputError, NotFoundError, PermissionDeniedError, PreconditionError
from malapert_core.policy.charter import Charter, Part
from malapert_core.policy.charters import Charters
from malapert_core.policy.identity import Identity, Role
from malapert_core.vocabulary.identifiers import new_identifier
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.life.threads import (
    MOST_THREADS,
    MOST_THREADS_OF_AGENCY,
    Thread,
    ThreadAction,
    ThreadComment,
    comment_faults,
    mentions_in,
    opening_faults,
)
from malapert_planner.services.ports import Clock, ThreadAnnouncer
from malapert_planner.services.sharing.plan_eyes import hidden_requests
from malapert_planner.services.sharing.plan_parts import request_items
from malapert_planner.storage.plans import PlanStore
from malapert_planner.storage.threads import ThreadStore

_SPEAKING = frozenset({Part.CONTRIBUTOR, Part.APPROVER})
"""Parts of which an agency needs one to say something; owners and planners are contributors."""
_PLANNING_ROLES = frozenset({Role.PLANNER, Role.OPERATOR})


@dataclass(frozen=True, slots=True)
class NewThread:
    """A thread as it is asked for, with its first comment."""

    plan_id: str
    item_id: str
    request_id: str
    title: str
    audience_agency_ids: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class ThreadFilter:
    """Filter of the threads on a plan; empty means all."""

    item_id: str = ""
    request_id: str = ""
    only_open: bool = False

    def admits(self, thread: Thread) -> bool:
        """Tell whether a thread is wanted."""
        return (
            self.item_id in ("", thread.item_id)
            and self.request_id in ("", thread.request_id)
            and not (self.only_open and thread.resolved)
        )


@dataclass(frozen=True, slots=True)
class ReadThread:
    """A thread with its comments, and whether the reader's agency owns the mission."""

    thread: Thread
    comments: tuple[ThreadComment, ...]
    by_owner: bool


class PlanThreads:
    """Keeps the threads on plans; every call is of a plan that the caller sees.

    Parameters
    ----------
    database : Database
    plans : PlanStore
    threads : ThreadStore
    charters : Charters
    announcer : ThreadAnnouncer
    audit : AuditTrail
    clock : Clock
    """

    def __init__(
        self,
        database: Database,
        plans: PlanStore,
        threads: ThreadStore,
        charters: Charters,
        announcer: ThreadAnnouncer,
        audit: AuditTrail,
        clock: Clock,
    ) -> None:
        self._database = database
        self._plans = plans
        self._threads = threads
        self._charters = charters
        self._announcer = announcer
        self._audit = audit
        self._clock = clock

    async def open(self, asked: NewThread, identity: Identity) -> ReadThread:
        """Open a thread.

        Raises
        ------
        InvalidInputError
            ``INVALID_THREAD`` with every fault.
        NotFoundError
            ``UNKNOWN_ITEM``, ``UNKNOWN_REQUEST``, alike where it is not in the plan and where the caller does not see
            it whole.
        PermissionDeniedError
            ``FORBIDDEN`` where the agency only observes.
        PreconditionError
            ``TOO_MANY_THREADS``.
        """
        async with self._database.reading() as session:
            plan = await self._plans.get(session, asked.plan_id)
        charter = await self._charter(plan.content.mission_id)
        self._require_speaking(charter, identity)
        thread = await self._new_thread(asked, plan, charter, identity)
        now = thread.created_time
        faults = [*opening_faults(thread, charter, now), *comment_faults(asked.text, thread, charter, now)]
        _require_sound("INVALID_THREAD", faults)
        async with self._database.transaction() as session:
            await self._threads.lock_plan(session, plan.plan_id)
            _require_room(await self._threads.of_plan(session, plan.plan_id), identity.agency_id)
            comment = await self._say(session, thread, asked.text, identity)
            self._note(session, thread, ThreadAction.OPENED, identity, charter, comment)
        return ReadThread(thread, (comment,), self._owns(charter, identity))

    async def page(
        self, plan_id: str, wanted: ThreadFilter, before_id: str, size: int, identity: Identity
    ) -> list[Thread]:
        """Return at most so many of the wanted threads that the caller may know of, newest first."""
        async with self._database.reading() as session:
            found = await self._threads.of_plan(session, plan_id)
        charter = await self._charters.get(found[0].mission_id) if found else None
        now = self._clock()
        shown = (
            thread
            for thread in found
            if wanted.admits(thread)
            and not (before_id and thread.thread_id >= before_id)
            and thread.is_shown_to(identity, charter, now)
        )
        return [thread for thread, _ in zip(shown, range(size), strict=False)]

    async def get(self, plan_id: str, thread_id: str, identity: Identity) -> ReadThread:
        """Return a thread; raise NotFoundError ``UNKNOWN_THREAD`` where there is none that the caller may know of."""
        async with self._database.reading() as session:
            thread, charter = await self._seen(session, plan_id, thread_id, identity)
            return await self._read(session, thread, charter, identity)

    async def comment(self, plan_id: str, thread_id: str, text: str, identity: Identity) -> ReadThread:
        """Add a comment; raises as `get`, as `Thread.commented`, and ``INVALID_COMMENT`` with every fault."""
        async with self._database.transaction() as session:
            thread, charter = await self._seen(session, plan_id, thread_id, identity, for_update=True)
            self._require_speaking(charter, identity)
            now = self._clock()
            _require_sound("INVALID_COMMENT", list(comment_faults(text, thread, charter, now)))
            thread = thread.commented(now)
            comment = await self._say(session, thread, text, identity)
            self._note(session, thread, ThreadAction.COMMENTED, identity, charter, comment)
            return await self._read(session, thread, charter, identity)

    async def settle(
        self, plan_id: str, thread_id: str, seen_version: int, identity: Identity, *, resolved: bool
    ) -> ReadThread:
        """Settle a thread or open it again; one that is so already stays as it is.

        Raises
        ------
        PermissionDeniedError
            ``NOT_OWNER`` where the agency neither opened it nor plans the mission.
        ConflictError
            ``STALE_VERSION``. Else as `get`.
        """
        async with self._database.transaction() as session:
            thread, charter = await self._seen(session, plan_id, thread_id, identity, for_update=True)
            self._require_speaking(charter, identity)
            self._require_settling(thread, charter, identity)
            thread.require_version(seen_version)
            settled = thread.settled(identity.agency_id, self._clock(), resolved=resolved)
            if settled != thread:
                await self._threads.save(session, settled)
                action = ThreadAction.RESOLVED if resolved else ThreadAction.REOPENED
                self._note(session, settled, action, identity, charter)
            return await self._read(session, settled, charter, identity)

    async def _new_thread(self, asked: NewThread, plan: Plan, charter: Charter, identity: Identity) -> Thread:
        request_id = await self._subject(asked, plan, charter, identity)
        now = self._clock()
        audience = tuple(dict.fromkeys(asked.audience_agency_ids))
        return Thread(
            thread_id=new_identifier(),
            mission_id=plan.content.mission_id,
            plan_id=plan.plan_id,
            item_id=asked.item_id,
            request_id=request_id,
            kept_by_agency_id=plan.content.owner_only_requests.get(request_id, ""),
            title=asked.title,
            agency_id=identity.agency_id,
            audience_agency_ids=audience,
            created_time=now,
            updated_time=now,
            comment_count=1,
        )

    async def _subject(self, asked: NewThread, plan: Plan, charter: Charter, identity: Identity) -> str:
        """Return the request that a thread is to be about, empty where it is about none."""
        if asked.item_id and asked.request_id:
            fault = Fault("request_id", "NOT_ALLOWED", "a thread is about an activity or a request, not about both")
            raise InvalidInputError("INVALID_THREAD", "the thread has a fault", faults=[fault])
        if not (asked.item_id or asked.request_id):
            return ""
        hidden = hidden_requests(plan.content.owner_only_requests, identity, charter, self._clock())
        request_by_item, request_ids = await asyncio.to_thread(_named, plan)
        if asked.item_id:
            found = request_by_item.get(asked.item_id)
            if found is None or found in hidden:
                raise NotFoundError("item", asked.item_id)
            return found
        if asked.request_id not in request_ids - hidden:
            raise NotFoundError("request", asked.request_id)
        return asked.request_id

    async def _seen(
        self, session: AsyncSession, plan_id: str, thread_id: str, identity: Identity, *, for_update: bool = False
    ) -> tuple[Thread, Charter]:
        thread = await self._threads.get(session, plan_id, thread_id, for_update=for_update)
        charter = await self._charter(thread.mission_id)
        if not thread.is_shown_to(identity, charter, self._clock()):
            raise NotFoundError("thread", thread_id)
        return thread, charter

    async def _charter(self, mission_id: str) -> Charter:
        charter = await self._charters.get(mission_id)
        if charter is None:
            raise NotFoundError("mission", mission_id)
        return charter

    async def _say(self, session: AsyncSession, thread: Thread, text: str, identity: Identity) -> ThreadComment:
        """Store a thread with its newest comment."""
        comment = ThreadComment(
            thread.comment_count,
            identity.agency_id,
            identity.principal_id,
            text,
            mentions_in(text),
            thread.updated_time,
        )
        await self._threads.save(session, thread)
        await session.flush()
        self._threads.add_comment(session, thread.thread_id, comment)
        return comment

    async def _read(self, session: AsyncSession, thread: Thread, charter: Charter, identity: Identity) -> ReadThread:
        comments = await self._threads.comments(session, thread.thread_id)
        return ReadThread(thread, comments, self._owns(charter, identity))

    def _owns(self, charter: Charter, identity: Identity) -> bool:
        return Part.OWNER in charter.parts_of(identity.agency_id, self._clock())

    def _require_speaking(self, charter: Charter, identity: Identity) -> None:
        if not _SPEAKING & charter.parts_of(identity.agency_id, self._clock()):
            needed = ", ".join(sorted(part.name for part in _SPEAKING))
            message = f"this needs one of the parts {needed} in the mission; {identity.agency_id} has none of them"
            raise PermissionDeniedError("FORBIDDEN", message, metadata={"needed_part": needed})

    def _require_settling(self, thread: Thread, charter: Charter, identity: Identity) -> None:
        plans = Part.PLANNER in charter.parts_of(identity.agency_id, self._clock())
        if identity.agency_id != thread.agency_id and not (plans and identity.role in _PLANNING_ROLES):
            message = f"the thread is settled and opened again by {thread.agency_id} and by planners of the mission"
            raise PermissionDeniedError("NOT_OWNER", message)

    def _note(
        self,
        session: AsyncSession,
        thread: Thread,
        action: ThreadAction,
        identity: Identity,
        charter: Charter,
        comment: ThreadComment | None = None,
    ) -> None:
        """Announce and audit what was done to a thread, without what was said."""
        mentioned = () if comment is None else comment.mentioned_agency_ids
        seeing = thread.agencies(charter, self._clock())
        self._announcer.announce_thread(session, thread, action, identity.agency_id, mentioned, seeing)
        self._audit.record(
            session,
            f"plan_thread.{action.lower()}",
            entity_kind="plan_thread",
            entity_id=thread.thread_id,
            mission_id=thread.mission_id,
            detail=f"on plan {thread.plan_id}",
            identity=identity,
        )


def _named(plan: Plan) -> tuple[dict[str, str], set[str]]:
    """Return the request of each activity of a plan, empty for one of none, and every request in the plan."""
    message = plan_pb2.Plan.FromString(plan.content.message)
    items = {activity.activity_id: activity.request_id for activity in message.activities}
    return items, {item.request_id for item in request_items(message) if item.request_id}


def _require_sound(reason: str, faults: list[Fault]) -> None:
    if faults:
        raise InvalidInputError(reason, "what is to be said has faults", faults=faults)


def _require_room(threads: list[Thread], agency_id: str) -> None:
    own = sum(thread.agency_id == agency_id for thread in threads)
    for number, limit, whose in (
        (own, MOST_THREADS_OF_AGENCY, "an agency opens"),
        (len(threads), MOST_THREADS, "there are"),
    ):
        if number >= limit:
            message = f"{whose} at most {limit} threads on a plan"
            raise PreconditionError("TOO_MANY_THREADS", message, metadata={"limit": str(limit)})
