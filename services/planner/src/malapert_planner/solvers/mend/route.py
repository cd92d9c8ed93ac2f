"""Repair of a route: drives moved, added or left out so that the asset is where what is fixed needs it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

from malapert_planner.domain.problem.spans import Span, overlap_s
from malapert_planner.domain.schedule.schedule import PlacedDrive
from malapert_planner.solvers.parameters import Mend
from malapert_planner.solvers.state.tables import Tables

Need = tuple[str, Span]
"""A place and the span over which the asset must be there."""


class Route:
    """Drives under repair; ``fixed`` ones stay as they are, of others ``may_drive`` says whether they can be driven.

    A repair that is not found leaves the drives as they are: the validator says what is wrong with them.
    """

    def __init__(
        self,
        tables: Tables,
        drives: Iterable[PlacedDrive],
        fixed: frozenset[PlacedDrive],
        may_drive: Callable[[PlacedDrive], bool],
    ) -> None:
        self._tables, self._fixed, self._may_drive = tables, fixed, may_drive
        self.drives = sorted(drives, key=lambda drive: drive.span)

    def join(self) -> None:
        """Let every drive begin where the one before ended: a drive is put between, or what does not fit leaves."""
        joined: list[PlacedDrive] = []
        here, since_s = self._tables.problem.start_place_id, 0
        for drive in self.drives:
            if drive.from_place_id != here and drive not in self._fixed:
                between = self._latest((here, drive.from_place_id), since_s, drive.span[0])
                if between is None:
                    continue
                joined.append(between)
            joined.append(drive)
            here, since_s = drive.to_place_id, drive.span[1]
        self.drives = joined

    def be_at(self, need: Need) -> None:
        """Let the asset be at a place over a span, by the least that will do."""
        place_id, span = need
        before = [drive for drive in self.drives if drive.span[1] <= span[0]]
        after = [drive for drive in self.drives if drive.span[0] >= span[1]]
        during = [drive for drive in self.drives if overlap_s(drive.span, span)]
        here = before[-1].to_place_id if before else self._tables.problem.start_place_id
        since_s = before[-1].span[1] if before else 0
        until_s = after[0].span[0] if after else self._tables.bounds.horizon_s
        if any(drive in self._fixed for drive in during) or len(during) > 2 or (not during and here == place_id):
            return
        wanted = during[-1].to_place_id if during else here
        to = [] if here == place_id else [self._latest((here, place_id), since_s, span[0])]
        # Who leaves for good need not come back where nothing follows.
        leaves = wanted != place_id and (during or after or here != place_id)
        back = [self._earliest((place_id, wanted), span[1], until_s)] if leaves else []
        found = [drive for drive in (*to, *back) if drive is not None]
        if len(found) == len(to) + len(back):
            self.drives = [*before, *found, *after]

    def _earliest(self, ends: tuple[str, str], since_s: int, until_s: int) -> PlacedDrive | None:
        return self._at(ends, since_s, until_s, last=False)

    def _latest(self, ends: tuple[str, str], since_s: int, until_s: int) -> PlacedDrive | None:
        return self._at(ends, since_s, until_s, last=True)

    def _at(self, ends: tuple[str, str], since_s: int, until_s: int, *, last: bool) -> PlacedDrive | None:
        known = self._tables.drive_by_ends.get(ends)
        if known is None:
            return None
        drive, spans = known
        cell_s = self._tables.bounds.cell_s
        low_s, high_s = -(-since_s // cell_s) * cell_s, (until_s - drive.duration_s) // cell_s * cell_s
        parts = [(max(low, low_s), min(high, high_s)) for low, high in spans if low <= high_s and high >= low_s]
        starts = (start for low, high in parts for start in range(-(-low // cell_s) * cell_s, high + 1, cell_s))
        ordered = reversed(list(starts)) if last else starts
        tried = (PlacedDrive(*ends, (start, start + drive.duration_s)) for start in islice(ordered, Mend.DRIVE_STARTS))
        return next((placed for placed in tried if self._may_drive(placed)), None)
