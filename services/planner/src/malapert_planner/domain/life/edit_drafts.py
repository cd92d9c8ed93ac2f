"""Edits of a plan that a person has under way, kept whether they keep the rules or not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from malapert_core.errors import ConflictError

MOST_DRAFTS_OF_AGENCY = 100
"""Number of edits under way that an agency may have of one plan."""
LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class EditDraft:
    """Edits under way: of which plan, by whom, and when; ``edits`` are serialised contract messages in order.

    Each change returns a new value with the version counted up.
    """

    draft_id: str
    plan_id: str
    mission_id: str
    title: str
    edits: tuple[bytes, ...]
    agency_id: str
    principal_id: str
    updated_principal_id: str
    created_time: datetime
    updated_time: datetime
    version: int = 1

    def updated(self, seen: int, title: str, edits: tuple[bytes, ...], principal_id: str, now: datetime) -> EditDraft:
        """Return the draft with other edits.

        Raises
        ------
        ConflictError
            ``STALE_VERSION`` where somebody changed it since, with who, when, and which edits are not as they are sent;
            0 skips the check.
        """
        if seen and seen != self.version:
            time = self.updated_time.isoformat().replace("+00:00", "Z")
            who = f"{self.updated_principal_id} changed them at {time}"
            what = _differences(self.edits, edits)
            message = f"the edits are at version {self.version}, not {seen}: {who}; {what}"
            metadata = {"version": str(self.version), "principal_id": self.updated_principal_id, "time": time}
            raise ConflictError("STALE_VERSION", message, metadata=metadata)
        version = self.version + 1
        return replace(
            self, title=title, edits=edits, updated_principal_id=principal_id, updated_time=now, version=version
        )


def _differences(kept: tuple[bytes, ...], sent: tuple[bytes, ...]) -> str:
    """Say which edits that were sent are not as they are kept."""
    longest = max(len(kept), len(sent))
    differing = [index for index in range(longest) if kept[index : index + 1] != sent[index : index + 1]]
    if not differing:
        return "they are as you sent them"
    named = ", ".join(f"edits[{index}]" for index in differing[:10])
    more = f" and {len(differing) - 10} more" if len(differing) > 10 else ""
    return f"{named}{more} {'is' if len(differing) == 1 else 'are'} not as you sent"
