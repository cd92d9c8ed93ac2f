"""Window sets and their windows."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from malapert_core.timestamps import utc_now
from pydantic import TypeAdapter
from sqlalchemy import insert, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import defer
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_comms_window.domain.opportunities import SetWindow
from malapert_comms_window.domain.windows import (
    Edge,
    Predictability,
    Window,
    WindowFilter,
    WindowKind,
    WindowSet,
)
from malapert_comms_window.storage.profile_codec import decode_profiles, encode_profiles
from malapert_comms_window.storage.tables import WindowRow, WindowSetRow

_WINDOW_SET = TypeAdapter(WindowSet)


class WindowSetStore:
    """Stores each set once."""

    async def find(self, session: AsyncSession, window_set_id: str) -> WindowSet | None:
        """Return a set without its windows, None where there is none."""
        row = await session.get(WindowSetRow, window_set_id)
        return _WINDOW_SET.validate_python(row.content) if row is not None else None

    async def add(self, session: AsyncSession, window_set: WindowSet, windows: Sequence[Window]) -> bool:
        """Store a set and its windows in order of their start; return False where the set is there already."""
        row = WindowSetRow(
            window_set_id=window_set.window_set_id,
            mission_id=window_set.request.mission_id,
            content=_WINDOW_SET.dump_python(window_set, mode="json"),
            created_time=utc_now(),
        )
        try:
            async with session.begin_nested():
                session.add(row)
        except IntegrityError:
            return False
        ordered = sorted(windows, key=lambda window: (window.start_time, window.window_id))
        values = [_values(window_set.window_set_id, sequence, window) for sequence, window in enumerate(ordered)]
        if values:
            await (await session.connection()).execute(insert(WindowRow), values)
        return True

    async def page(
        self, session: AsyncSession, window_set_id: str, wanted: WindowFilter, after_sequence: int, limit: int
    ) -> list[tuple[int, Window]]:
        """Return at most so many windows of a set after a sequence number, with their own, in order of their start."""
        query = select(WindowRow).where(
            WindowRow.window_set_id == window_set_id, col(WindowRow.sequence) > after_sequence
        )
        for column, values in (
            (WindowRow.kind, wanted.kinds),
            (WindowRow.place_id, wanted.place_ids),
            (WindowRow.station_id, wanted.station_ids),
            (WindowRow.orbiter_id, wanted.orbiter_ids),
            (WindowRow.predictability, [each.value for each in wanted.predictabilities]),
        ):
            if values:
                query = query.where(col(column).in_(values))
        if wanted.without_profiles:
            query = query.options(defer(WindowRow.profiles, raiseload=True))  # type: ignore[arg-type]
        rows = (await session.exec(query.order_by(col(WindowRow.sequence)).limit(limit))).all()
        return [(row.sequence, _of_row(row, with_profiles=not wanted.without_profiles)) for row in rows]

    async def newest_of_mission(self, session: AsyncSession, mission_id: str) -> str:
        """Return the set that was computed last for a mission, empty where there is none."""
        query = select(WindowSetRow.window_set_id).where(WindowSetRow.mission_id == mission_id)
        latest = query.order_by(col(WindowSetRow.created_time).desc(), WindowSetRow.window_set_id).limit(1)
        return (await session.exec(latest)).first() or ""

    async def spans(self, session: AsyncSession, window_set_id: str, kinds: Collection[WindowKind]) -> list[SetWindow]:
        """Return the windows of some kinds of a set as plain spans of UTC seconds."""
        columns = (WindowRow.kind, WindowRow.place_id, WindowRow.station_id, WindowRow.orbiter_id)
        times = (WindowRow.start_time, WindowRow.end_time)
        query = select(*columns, *times).where(  # type: ignore[call-overload]
            WindowRow.window_set_id == window_set_id, col(WindowRow.kind).in_([kind.value for kind in kinds])
        )
        return [
            SetWindow(WindowKind(kind), place_id, station_id, orbiter_id, (start.timestamp(), end.timestamp()))
            for kind, place_id, station_id, orbiter_id, start, end in await session.exec(query)
        ]

    async def find_windows(
        self, session: AsyncSession, keys: Collection[tuple[str, str]]
    ) -> dict[tuple[str, str], Window]:
        """Return those windows that there are, without profiles, by set and window."""
        if not keys:
            return {}
        named = tuple_(col(WindowRow.window_set_id), col(WindowRow.window_id)).in_(list(keys))
        query = select(WindowRow).where(named).options(defer(WindowRow.profiles, raiseload=True))  # type: ignore[arg-type]
        rows: Iterable[WindowRow] = (await session.exec(query)).all()
        return {(row.window_set_id, row.window_id): _of_row(row, with_profiles=False) for row in rows}

    async def windows_of_mission(
        self, session: AsyncSession, mission_id: str, keys: Collection[tuple[str, str]]
    ) -> dict[tuple[str, str], Window]:
        """Return those windows that are in sets of a mission, without profiles, by set and window."""
        found = await self.find_windows(session, keys)
        if not found:
            return {}
        query = select(WindowSetRow.window_set_id).where(
            WindowSetRow.mission_id == mission_id, col(WindowSetRow.window_set_id).in_({key[0] for key in found})
        )
        of_mission = set((await session.exec(query)).all())
        return {key: window for key, window in found.items() if key[0] in of_mission}

    async def joined_spans(
        self,
        session: AsyncSession,
        mission_id: str,
        window_set_id: str,
        station_id: str,
        span: tuple[datetime, datetime],
        kinds: Collection[WindowKind],
    ) -> list[tuple[datetime, datetime]]:
        """Return when windows of some kinds of an antenna that meet a span hold together, sorted and disjoint.

        Empty names of a mission and of a set mean any; one of them is stated.
        """
        query = (
            select(WindowRow.start_time, WindowRow.end_time)
            .join(WindowSetRow, col(WindowSetRow.window_set_id) == col(WindowRow.window_set_id))
            .where(
                WindowRow.station_id == station_id,
                col(WindowRow.kind).in_([kind.value for kind in kinds]),
                col(WindowRow.start_time) < span[1],
                col(WindowRow.end_time) > span[0],
            )
            .order_by(col(WindowRow.start_time))
        )
        if mission_id:
            query = query.where(WindowSetRow.mission_id == mission_id)
        if window_set_id:
            query = query.where(WindowRow.window_set_id == window_set_id)
        joined: list[tuple[datetime, datetime]] = []
        for start, end in (await session.exec(query)).all():
            if joined and start <= joined[-1][1]:
                joined[-1] = joined[-1][0], max(joined[-1][1], end)
            else:
                joined.append((start, end))
        return joined

    async def window(self, session: AsyncSession, window_set_id: str, window_id: str) -> Window | None:
        """Return one window with its profiles, None where there is none."""
        query = select(WindowRow).where(WindowRow.window_set_id == window_set_id, WindowRow.window_id == window_id)
        row = (await session.exec(query)).first()
        return None if row is None else _of_row(row, with_profiles=True)

    async def beside(
        self, session: AsyncSession, key: tuple[str, str], span: tuple[datetime, datetime]
    ) -> list[Window]:
        """Return the windows of the kind, place and orbiter of a window, with any station, that overlap a span.

        Without profiles, in order of their start; none where there is no such window.
        """
        named = (await self.find_windows(session, [key])).get(key)
        if named is None:
            return []
        query = (
            select(WindowRow)
            .where(
                WindowRow.window_set_id == key[0],
                WindowRow.kind == named.kind.value,
                WindowRow.place_id == named.place_id,
                WindowRow.orbiter_id == named.orbiter_id,
                col(WindowRow.start_time) < span[1],
                col(WindowRow.end_time) > span[0],
            )
            .options(defer(WindowRow.profiles, raiseload=True))  # type: ignore[arg-type]
        )
        rows = (await session.exec(query.order_by(col(WindowRow.sequence)))).all()
        return [_of_row(row, with_profiles=False) for row in rows]


def _values(window_set_id: str, sequence: int, window: Window) -> dict[str, Any]:
    return {
        "window_set_id": window_set_id,
        "sequence": sequence,
        "window_id": window.window_id,
        "kind": window.kind.value,
        "place_id": window.place_id,
        "station_id": window.station_id,
        "start_time": window.start_time,
        "end_time": window.end_time,
        "predictability": window.predictability.value,
        "profiles": encode_profiles(window.profiles),
        "orbiter_id": window.orbiter_id,
        "edges": [None if edge is None else asdict(edge) for edge in (window.start_edge, window.end_edge)],
    }


def _of_row(row: WindowRow, *, with_profiles: bool) -> Window:
    start_edge, end_edge = (_edge_of(edge) for edge in row.edges or (None, None))
    return Window(
        window_id=row.window_id,
        kind=WindowKind(row.kind),
        place_id=row.place_id,
        station_id=row.station_id,
        start_time=row.start_time,
        end_time=row.end_time,
        predictability=Predictability(row.predictability),
        profiles=decode_profiles(row.profiles) if with_profiles else (),
        orbiter_id=row.orbiter_id,
        start_edge=start_edge,
        end_edge=end_edge,
    )


def _edge_of(content: dict[str, Any] | None) -> Edge | None:
    if content is None:
        return None
    return Edge(content["limited_by"], content["error_s"], Predictability(content["predictability"]))
