"""Search for opportunities: times at which activities could take place by the windows of a set."""

import asyncio
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from malapert_astro.times import utc_seconds
from malapert_core.db.database import Database
from malapert_core.errors import Fault, InvalidInputError, NotFoundError

from malapert_comms_window.domain.opportunities import (
    ConditionSpans,
    SetWindow,
    Span,
    WantedStep,
    chain_starts,
    intersection,
    union,
)
from malapert_comms_window.domain.windows import WindowSet
from malapert_comms_window.storage.window_sets import WindowSetStore

USUAL_MOST = 100
MOST_QUERIES = 1000


@dataclass(frozen=True, slots=True)
class Query:
    """A chain that is to take place at one of some places, within some spans of UTC seconds; none meaning any."""

    key: str
    steps: tuple[WantedStep, ...]
    place_ids: tuple[str, ...]
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Opportunity:
    """Range of possible starts at a place, from the first to the last, UTC seconds."""

    place_id: str
    first_s: float
    last_s: float


@dataclass(frozen=True, slots=True)
class Answer:
    """The opportunities of a chain, in order of time and place, and how many there are in all."""

    key: str
    opportunities: tuple[Opportunity, ...]
    count: int


class OpportunityFinder:
    """Finds opportunities.

    Parameters
    ----------
    database : Database
    window_sets : WindowSetStore
    """

    def __init__(self, database: Database, window_sets: WindowSetStore) -> None:
        self._database = database
        self._window_sets = window_sets

    async def find(
        self, mission_id: str, window_set_id: str, queries: Sequence[Query], most: int
    ) -> tuple[str, list[Answer]]:
        """Return the window set that was asked and the answers; no set and none where the mission has none.

        Raises
        ------
        NotFoundError
            ``UNKNOWN_WINDOW_SET`` where a set is named that there is not.
        InvalidInputError
            ``INVALID_OPPORTUNITY_QUERY`` with every fault.
        """
        if faults := list(_faults(queries)):
            message = f"the queries have {len(faults)} faults"
            raise InvalidInputError("INVALID_OPPORTUNITY_QUERY", message, faults=faults)
        kinds = {condition.kind for query in queries for step in query.steps for condition in step.conditions}
        async with self._database.reading() as session:
            found_id = window_set_id or await self._window_sets.newest_of_mission(session, mission_id)
            window_set = await self._window_sets.find(session, found_id) if found_id else None
            if window_set is None:
                if window_set_id:
                    raise NotFoundError("window set", window_set_id)
                return "", []
            windows = await self._window_sets.spans(session, found_id, kinds)
        return found_id, await asyncio.to_thread(_answers, queries, window_set, windows, most or USUAL_MOST)


def _answers(queries: Sequence[Query], window_set: WindowSet, windows: Sequence[SetWindow], most: int) -> list[Answer]:
    holdings = ConditionSpans(windows)
    return [_answer(query, window_set, holdings, most) for query in queries]


def _answer(query: Query, window_set: WindowSet, holdings: ConditionSpans, most: int) -> Answer:
    request = window_set.request
    whole = (utc_seconds(request.start_time), utc_seconds(request.end_time))
    within = intersection(union(query.spans), [whole]) if query.spans else [whole]
    known = [place.place_id for place in request.places]
    places = [place_id for place_id in query.place_ids if place_id in known] if query.place_ids else known or [""]
    found = [
        Opportunity(place_id, first, last)
        for place_id in places
        for first, last in chain_starts(query.steps, [holdings.of_step(step, place_id, within) for step in query.steps])
    ]
    found.sort(key=lambda opportunity: (opportunity.first_s, opportunity.place_id))
    return Answer(query.key, tuple(found[:most]), len(found))


def _faults(queries: Sequence[Query]) -> Iterator[Fault]:
    if len(queries) > MOST_QUERIES:
        yield Fault("queries", "TOO_MANY", f"{len(queries)} queries are given; allowed: {MOST_QUERIES}")
    for index, query in enumerate(queries):
        if not query.steps:
            yield Fault(f"queries[{index}].steps", "EMPTY_CHAIN", "give one step at least")
        for number, step in enumerate(query.steps):
            for name in ("duration_s", "max_wait_s"):
                value = getattr(step, name)
                if not math.isfinite(value) or value < 0:
                    where = f"queries[{index}].steps[{number}].{name}"
                    yield Fault(where, "OUT_OF_RANGE", f"{value} is no time; allowed: 0 or more seconds")
        for number, (start, end) in enumerate(query.spans):
            if end <= start:
                where = f"queries[{index}].spans[{number}]"
                yield Fault(where, "EMPTY_SPAN", "the span ends before or as it starts")
