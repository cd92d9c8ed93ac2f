"""Consultation threads on plans: who sees them, what may be said, and how they are settled."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from malapert_core.errors import ConflictError, Fault, PreconditionError
from malapert_core.policy.audience import Visibility
from malapert_core.policy.charter import Charter
from malapert_core.policy.identity import Identity, Role
from malapert_core.policy.sight import Sight, Thing, sight

MOST_THREADS = 1000
"""Number of threads on a plan."""
MOST_THREADS_OF_AGENCY = 200
"""Number of threads that one agency opens on a plan."""
MOST_COMMENTS = 500
"""Number of comments of a thread."""
MOST_MENTIONS = 50
LONGEST_COMMENT, LONGEST_TITLE = 4000, 200

# What follows a letter, as in an address of mail, mentions nobody; a full stop behind a name is none of it.
_MENTION = re.compile(r"(?<![\w.])@(\w(?:[\w.-]*\w)?)")


class ThreadAction(StrEnum):
    """What happens to a thread."""

    OPENED = "OPENED"
    COMMENTED = "COMMENTED"
    RESOLVED = "RESOLVED"
    REOPENED = "REOPENED"


@dataclass(frozen=True, slots=True)
class ThreadComment:
    """Comment of a thread by its number from 1, with the agencies that it mentions."""

    number: int
    agency_id: str
    principal_id: str
    text: str
    mentioned_agency_ids: tuple[str, ...]
    time: datetime


@dataclass(frozen=True, slots=True)
class Thread:
    """Thread on a plan, or on an activity or a request of it.

    ``audience_agency_ids`` see it beside the agency that opened it, all of the mission where there is none;
    ``kept_by_agency_id`` is the agency that alone sees what it is about, empty where the mission does.
    """

    thread_id: str
    mission_id: str
    plan_id: str
    item_id: str
    request_id: str
    kept_by_agency_id: str
    title: str
    agency_id: str
    audience_agency_ids: tuple[str, ...]
    created_time: datetime
    updated_time: datetime
    resolved: bool = False
    resolved_by_agency_id: str = ""
    comment_count: int = 0
    version: int = 1

    def is_shown_to(self, identity: Identity, charter: Charter | None, now: datetime) -> bool:
        """Tell whether a principal may know of the thread: whoever sees what it is about, of its audience."""
        if identity.is_service:
            return True
        if self.audience_agency_ids and identity.agency_id not in (self.agency_id, *self.audience_agency_ids):
            return False
        kept = Thing(self.kept_by_agency_id, Visibility.OWNER, self.created_time)
        thing = kept if self.kept_by_agency_id else Thing(self.agency_id, Visibility.MISSION, self.created_time)
        return sight(identity, thing, charter, now) is Sight.WHOLE

    def agencies(self, charter: Charter, now: datetime) -> tuple[str, ...]:
        """Return the members of the mission that may know of the thread."""
        members = charter.agencies(now)
        return tuple(each for each in members if self.is_shown_to(Identity(each, Role.VIEWER, ""), charter, now))

    def commented(self, time: datetime) -> Thread:
        """Return the thread with one comment more.

        Raises
        ------
        PreconditionError
            ``THREAD_RESOLVED``, ``TOO_MANY_COMMENTS``.
        """
        if self.resolved:
            raise PreconditionError("THREAD_RESOLVED", "the thread is settled; open it again to say more")
        if self.comment_count >= MOST_COMMENTS:
            message = f"a thread has at most {MOST_COMMENTS} comments; open another one"
            raise PreconditionError("TOO_MANY_COMMENTS", message, metadata={"limit": str(MOST_COMMENTS)})
        return replace(self, comment_count=self.comment_count + 1, updated_time=time, version=self.version + 1)

    def settled(self, agency_id: str, time: datetime, *, resolved: bool) -> Thread:
        """Return the thread settled by an agency or opened again; one that is so already stays as it is."""
        if self.resolved == resolved:
            return self
        by = agency_id if resolved else ""
        version = self.version + 1
        return replace(self, resolved=resolved, resolved_by_agency_id=by, updated_time=time, version=version)

    def require_version(self, seen: int) -> None:
        """Refuse an edit of another version than the caller saw by ConflictError ``STALE_VERSION``; 0 skips it."""
        if seen and seen != self.version:
            message = f"the thread is at version {self.version}, not {seen}; read it again"
            raise ConflictError("STALE_VERSION", message, metadata={"version": str(self.version)})


def mentions_in(text: str) -> tuple[str, ...]:
    """Return the agencies that a text mentions as ``@AGENCY``, each once, in order."""
    return tuple(dict.fromkeys(_MENTION.findall(text)))


def comment_faults(text: str, thread: Thread, charter: Charter, now: datetime) -> Iterator[Fault]:
    """Yield the faults of a comment on a thread."""
    yield from text_faults("text", text, LONGEST_COMMENT)
    mentioned = mentions_in(text)
    if len(mentioned) > MOST_MENTIONS:
        yield Fault("text", "TOO_MANY", f"{len(mentioned)} agencies are mentioned, at most {MOST_MENTIONS} may be")
        return
    seeing = thread.agencies(charter, now)
    for agency_id in mentioned:
        if not charter.is_member(agency_id, now):
            yield Fault("text", "NOT_A_MEMBER", f"@{agency_id} is no member of the mission")
        elif agency_id not in seeing:
            yield Fault("text", "NOT_IN_AUDIENCE", f"@{agency_id} does not see this thread")


def opening_faults(thread: Thread, charter: Charter, now: datetime) -> Iterator[Fault]:
    """Yield the faults of a thread that is to be opened."""
    yield from text_faults("title", thread.title, LONGEST_TITLE)
    named = thread.audience_agency_ids
    if len(set(named)) > len(charter.members):
        yield Fault("audience_agency_ids", "TOO_MANY", f"the mission has {len(charter.members)} members")
        return
    for index, agency_id in enumerate(named):
        if not charter.is_member(agency_id, now):
            yield Fault(f"audience_agency_ids[{index}]", "NOT_A_MEMBER", f"{agency_id} is no member of the mission")
        elif thread.kept_by_agency_id not in ("", agency_id):
            message = f"{agency_id} does not see what the thread is about"
            yield Fault(f"audience_agency_ids[{index}]", "NOT_SHOWN", message)


def text_faults(path: str, text: str, longest: int) -> Sequence[Fault]:
    """Return the faults of a text that must say something."""
    if not text.strip():
        return [Fault(path, "MISSING", "say something")]
    if len(text) > longest:
        return [Fault(path, "TOO_LONG", f"at most {longest} characters are allowed")]
    return []
