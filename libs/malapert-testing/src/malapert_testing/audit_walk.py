"""Walk over the changing calls of an area: what each leaves in the audit of its service."""

from collections import Counter
from collections.abc import Awaitable, Iterable
from typing import Any, TypeVar

from malapert_core.db.tables import AuditEntryRow
from malapert_core.errors import MalapertError
from malapert_core.policy.calls import CALLS
from malapert_core.service import RunningService
from sqlmodel import col, select

READING = (
    "Get", "List", "Watch", "Download", "Export", "Compare", "Explain", "Validate", "Rate", "Read", "Predict", "Scan",
    "BatchGet",
)  # fmt: skip
"""Beginnings of the names of calls that change nothing."""
COMPUTING = frozenset(
    {
        "CheckEdits", "CheckFeasibility", "CheckRequests", "ExpandRequests", "FindOpportunities", "FindRoutes",
        "FindTimedRoute", "ResolveWaypoints",
    }
)  # fmt: skip
"""Other calls that change nothing: they answer with what they worked out and store none of it."""

T = TypeVar("T")


def changes(path: str) -> bool:
    """Tell whether a call of the table changes something: every one that is not known to change nothing."""
    name = path.rpartition("/")[2]
    return not name.startswith(READING) and name not in COMPUTING


def changing_calls(area: str) -> set[str]:
    """Return the changing calls of an area of the contracts, such as ``PlanService/SubmitPlan`` of ``planner``."""
    return {path.partition(".v1.")[2] for path in CALLS if path.split(".")[1] == area and changes(path)}


class AuditWalk:
    """What calls leave in a service's audit, and which calls were made.

    A call over gRPC begins when it is made, before it is awaited: what other calls left is passed over by `skip`.

    Parameters
    ----------
    service : RunningService
    mission_id : str
        The mission that entries are of where nothing else is said.
    """

    def __init__(self, service: RunningService[Any], mission_id: str) -> None:
        self._service = service
        self._mission_id = mission_id
        self._last = 0
        self.walked: set[str] = set()

    async def leaves(
        self,
        method: str,
        call: Awaitable[T],
        *actions: str,
        by: str,
        mission_id: str | None = None,
        kept_entity_id: str = "",
    ) -> T:
        """Make a call that succeeds and return its answer; it leaves one entry for each of the actions.

        Every entry names the principal, what it was done to and the mission, but of what its agency keeps to itself.
        """
        answer = await call
        rows = await self.entries()
        _require(Counter(row.action for row in rows) == Counter(actions), method, rows)
        wanted = self._mission_id if mission_id is None else mission_id
        for row in rows:
            _require(row.principal_id == by and bool(row.entity_kind) and bool(row.entity_id), method, rows)
            _require(row.mission_id == ("" if row.entity_id == kept_entity_id else wanted), method, rows)
        self.walked.add(method)
        return answer

    async def leaves_none(self, *calls: Awaitable[Any]) -> None:
        """Make calls that change nothing or are refused: they leave no entry."""
        for call in calls:
            try:
                await call
            except MalapertError as error:
                _require(error.reason not in ("INTERNAL", "UNKNOWN"), str(error), [])
            rows = await self.entries()
            _require(not rows, "what changes nothing", rows)

    async def skip(self) -> None:
        """Pass over the entries that calls outside the walk have left."""
        await self.entries()

    async def entries(self) -> list[AuditEntryRow]:
        """Return the entries since the last look."""
        query = select(AuditEntryRow).where(col(AuditEntryRow.sequence) > self._last)
        async with self._service.runtime.database.reading() as session:
            rows = list((await session.exec(query.order_by(col(AuditEntryRow.sequence)))).all())
        self._last = rows[-1].sequence if rows else self._last
        return rows

    def require_all(self, area: str, elsewhere: Iterable[str] = ()) -> None:
        """Fail where a changing call of an area was not made, or one was that the table does not know."""
        unlike = sorted((self.walked | set(elsewhere)) ^ changing_calls(area))
        _require(not unlike, f"calls without a case, or cases without a call: {unlike}", [])


def _require(holds: bool, what: str, rows: list[AuditEntryRow]) -> None:
    if not holds:
        left = [(row.action, row.entity_kind, row.entity_id, row.mission_id, row.principal_id) for row in rows]
        raise AssertionError(f"{what} left {left}")
