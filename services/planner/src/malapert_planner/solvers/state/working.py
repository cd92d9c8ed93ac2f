"""A schedule under construction: chains, drives and contacts come and go, and every level follows at once."""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, replace
from operator import attrgetter

import numpy as np

from malapert_planner.domain.problem.spans import Span, overlap_s
from malapert_planner.domain.schedule.schedule import PlacedActivity, PlacedContact, PlacedDrive, Schedule
from malapert_planner.solvers.instance.compiled import Chain
from malapert_planner.solvers.parameters import Recreate
from malapert_planner.solvers.state.arrays import Floats, Levels
from malapert_planner.solvers.state.bookings import Booking, booking
from malapert_planner.solvers.state.incumbent import Incumbent
from malapert_planner.solvers.state.kernels import (
    add_load,
    find_start,
    may_load,
    needed_part,
    put_chain,
    put_contact,
    refresh,
)
from malapert_planner.solvers.state.request_rules import RequestRules
from malapert_planner.solvers.state.shared_rules import SharedRules
from malapert_planner.solvers.state.stored_data import ROWS, blocks, stored_at_all
from malapert_planner.solvers.state.tables import Tables

TOLERANCE_WH = 1e-6
TOLERANCE_BIT = 1.0
NOTHING_ASKED = -1e18
NO_CELLS_TOUCHED = (1 << 62, -1)
AT_EDGES = frozenset({"charge_wh", "need_wh"})
BY_BLOCK = frozenset({"stored_bit", "admitted_bit", "block_bit"})


@dataclass(frozen=True, slots=True)
class Standing:
    """A chain in the schedule: where, when each block starts, from the first start to the last end."""

    chain: int
    place_id: str
    starts_s: tuple[int, ...]
    span: Span


@dataclass(slots=True)
class _Contents:
    """What a schedule holds besides its levels."""

    chains: dict[int, Standing]
    drives: list[PlacedDrive]
    contacts: list[Booking]
    quota_left_s: list[int]


class WorkingSchedule:
    """A schedule of one asset under construction.

    All that is done keeps charge and storage within their limits but for :meth:`set_drives`, after which
    :meth:`is_sound` says whether they are.
    """

    def __init__(self, tables: Tables) -> None:
        self.tables, self.bounds = tables, tables.bounds
        self.requests, self.shared = RequestRules(tables), SharedRules(tables)
        self._contents = _Contents({}, [], [], tables.instance.quotas.left_s(()))
        self._starts_s = np.zeros(max((len(c.blocks) for c in tables.instance.chains), default=1), np.int64)
        self.levels, self._touched = self._bare_levels(), NO_CELLS_TOUCHED

    @property
    def chains(self) -> dict[int, Standing]:
        """The chains in the schedule by index."""
        return self._contents.chains

    @property
    def drives(self) -> list[PlacedDrive]:
        """The drives in order."""
        return self._contents.drives

    @property
    def contacts(self) -> list[Booking]:
        """The contacts in order."""
        return self._contents.contacts

    def _bare_levels(self) -> Levels:
        count = len(self.tables.instance.cells)
        battery, storage = self.tables.problem.battery, self.tables.problem.storage
        return Levels(
            charge_wh=np.full(count + 1, min(battery.start_wh, battery.capacity_wh)),
            need_wh=np.full(count + 1, max(battery.end_wh, battery.floor_wh)),
            generated_wh=np.zeros(count),
            drawn_wh=self.tables.instance.cell_hours * battery.asleep_load_w,
            asked_wh=np.full(count, NOTHING_ASKED),
            asked_within_wh=np.full(count, NOTHING_ASKED),
            stored_bit=np.full(blocks(count) + 1, storage.start_bit),
            admitted_bit=np.full(blocks(count) + 1, min(storage.end_max_bit, storage.capacity_bit)),
            filled_bit=np.zeros(count),
            sent_bit=np.zeros(count),
            loads=np.zeros(count, np.int64),
            contacts_asked=np.zeros(count, np.int64),
            tracked=np.zeros(count, np.int64),
            heard=np.zeros(count, np.int64),
            users=np.zeros((max(1, len(self.tables.resource_index)), count), np.int16),
            block_bit=np.zeros((len(ROWS), blocks(count))),
        )

    def touched(self) -> slice:
        """Return the cells in which, or at whose edges, anything may have changed since this was last asked."""
        (first, last), self._touched = self._touched, NO_CELLS_TOUCHED
        return slice(min(first, last + 1), last + 1)

    def _touch(self, cells: tuple[int, int]) -> None:
        self._touched = min(self._touched[0], cells[0]), max(self._touched[1], cells[1])

    def _refresh(self, first: int, last: int) -> None:
        self._touch(refresh(self.levels, self.bounds, first, last))

    def load(self, incumbent: Incumbent) -> None:
        """Take over a schedule."""
        self.levels = self._bare_levels()
        self.requests, self.shared = RequestRules(self.tables), SharedRules(self.tables)
        self._contents = _Contents({}, [], [], self.tables.instance.quotas.left_s(()))
        schedule = incumbent.schedule
        self.set_drives((0, self.bounds.horizon_s), [], list(schedule.drives))
        for contact in schedule.contacts:
            self.add_contact(self._booking(incumbent, contact))
        for index, fixed in incumbent.chains.items():
            chain = self.tables.instance.chains[index]
            starts = {placed.activity_id: placed.span[0] for placed in fixed.activities}
            first = tuple(starts[block.steps[0].activity.activity_id] for block in chain.blocks)
            self.put(chain, Standing(index, fixed.place_id, first, (first[0], fixed.span[1])))

    def _booking(self, incumbent: Incumbent, contact: PlacedContact) -> Booking:
        driving = [d for d in incumbent.schedule.drives if overlap_s(d.span, contact.span)]
        places = {contact.place_id} | {d.to_place_id for d in driving} | {d.from_place_id for d in driving}
        windows = [
            window
            for window in self.tables.instance.station_windows[contact.station_id]
            if window.place_id in places and overlap_s(window.span, contact.span)
        ]
        return booking(contact, incumbent.sendable_bit(contact), windows, bool(driving))

    def copy_from(self, other: WorkingSchedule, cells: slice = slice(None)) -> None:
        """Take over all of another schedule of the same tables; levels only in ``cells``, where no others differ."""
        edges = slice(cells.start, None if cells.stop is None else cells.stop + 1)
        theirs = other.levels._asdict()
        for name, mine in self.levels._asdict().items():
            part = slice(None) if name in BY_BLOCK else edges if name in AT_EDGES else cells
            mine[..., part] = theirs[name][..., part]
        held = other._contents
        self._contents = _Contents(dict(held.chains), list(held.drives), list(held.contacts), list(held.quota_left_s))
        self.requests.copy_from(other.requests)
        self.shared.copy_from(other.shared, cells)

    def stays(self) -> list[tuple[str, Span]]:
        """Return where the asset rests when, in order."""
        place_id, since, found = self.tables.problem.start_place_id, 0, []
        for drive in self.drives:
            found.append((place_id, (since, drive.span[0])))
            place_id, since = drive.to_place_id, drive.span[1]
        return [*found, (place_id, (since, self.bounds.horizon_s))]

    def is_sound(self) -> bool:
        """Return whether charge, storage, latencies, reservoirs and time in the dark keep their limits throughout."""
        problem = self.tables.problem
        lasts = problem.battery.start_wh + TOLERANCE_WH >= self.levels.need_wh[0]
        room = problem.storage.start_bit <= self.levels.admitted_bit[0] + TOLERANCE_BIT
        kept = bool(lasts and room and self.shared.are_kept(self.levels.sent_bit))
        return kept and self.tables.instance.darkness.is_kept(self.drives)

    def place(self, chain: Chain, place_id: str, span: Span, low_s: int, *, hop: int = 1) -> Standing | None:
        """Put a chain where it first may stand at a place within a span, from ``low_s`` on; None where it may not."""
        low, high, end = self.requests.start_range(chain)
        low, high, end = max(low, low_s, span[0]), min(high, span[1]), min(end, span[1])
        shape = self.tables.shape(self.tables.kind_of[chain.index], place_id)
        starts_s = self._starts_s[: len(chain.blocks)]
        tries = 1 if not self.shared.uses(chain) else Recreate.SHARED_STARTS
        for _ in range(tries):
            if low > high or not find_start(self.levels, self.bounds, shape, low, high, end, hop, starts_s):
                return None
            starts = tuple(int(start) for start in starts_s)
            end_s = starts[-1] + chain.blocks[-1].duration_s
            standing = Standing(chain.index, place_id, starts, (starts[0], end_s))
            self.put(chain, standing)
            if tries == 1 or self.shared.are_kept_by(chain, self.levels.sent_bit):
                return standing
            self.remove(chain.index)
            low = starts[0] + hop * self.bounds.cell_s
        return None

    def put(self, chain: Chain, standing: Standing) -> None:
        """Put a chain where it is known to fit."""
        shape = self.tables.shape(self.tables.kind_of[chain.index], standing.place_id)
        self._ask_charge(chain, standing, 1)
        self._touch(put_chain(self.levels, self.bounds, shape, np.array(standing.starts_s, dtype=np.int64), 1, True))
        self.chains[chain.index] = standing
        self.requests.add(chain, standing.span)
        self.shared.add(chain, placed_steps(chain, standing))

    def remove(self, index: int) -> None:
        """Take a chain away."""
        self.remove_all([index])

    def remove_all(self, indices: list[int]) -> None:
        """Take chains away."""
        first, last = self.bounds.horizon_s, 0
        for index in indices:
            chain, standing = self.tables.instance.chains[index], self.chains.pop(index)
            shape = self.tables.shape(self.tables.kind_of[index], standing.place_id)
            self._ask_charge(chain, standing, -1)
            put_chain(self.levels, self.bounds, shape, np.array(standing.starts_s, dtype=np.int64), -1, False)
            self.requests.drop(chain)
            self.shared.drop(chain, placed_steps(chain, standing))
            first, last = min(first, standing.span[0]), max(last, standing.span[1])
        if first < last:
            self._refresh(first // self.bounds.cell_s, (last - 1) // self.bounds.cell_s)

    def forget_before(self, now_s: int) -> None:
        """Leave all that was before an instant of the grid out of the levels: they are accounted from then on."""
        past, levels = slice(0, now_s // self.bounds.cell_s), self.levels
        for each in (levels.generated_wh, levels.drawn_wh, levels.filled_bit, levels.sent_bit):
            each[past] = 0.0
        for each in (levels.asked_wh, levels.asked_within_wh):
            each[past] = NOTHING_ASKED
        if past.stop:
            self._refresh(0, past.stop - 1)

    def _ask_charge(self, chain: Chain, standing: Standing, sign: int) -> None:
        for block, start in zip(chain.blocks, standing.starts_s, strict=True):
            for step in block.steps:
                if step.activity.min_start_charge_wh > 0:
                    begin = start + step.offset_s
                    cell, into_s = divmod(begin, self.bounds.cell_s)
                    asked = self.levels.asked_within_wh if into_s else self.levels.asked_wh
                    asked[cell] = self.shared.ask_charge(step.activity, (cell, into_s > 0), sign, nothing=NOTHING_ASKED)

    def set_drives(self, span: Span, removed: list[PlacedDrive], added: list[PlacedDrive]) -> None:
        """Exchange drives within a span; nothing may hang on where the asset is from there to the next drive."""
        self._load_drives(removed, -1)
        self._contents.drives = sorted([d for d in self.drives if d not in removed] + added, key=lambda d: d.span)
        self._load_drives(added, 1)
        cell_s, generated = self.bounds.cell_s, self.levels.generated_wh
        until_s = next((d.span[0] for d in self.drives if d.span[0] >= span[1]), self.bounds.horizon_s)
        first, after = span[0] // cell_s, -(-until_s // cell_s)
        for place_id, stay in self.stays():
            since, until = max(first, stay[0] // cell_s), min(after, -(-stay[1] // cell_s))
            if since < until:
                generated[since:until] = self.tables.generated_wh(place_id, place_id)[since:until]
        for drive in self.drives:
            since, until = max(first, drive.span[0] // cell_s), min(after, -(-drive.span[1] // cell_s))
            if since < until:
                generated[since:until] = self.tables.generated_wh(drive.from_place_id, drive.to_place_id)[since:until]
        self._refresh(first, max(first, after - 1))

    def _load_drives(self, drives: list[PlacedDrive], sign: int) -> None:
        resources = [self.tables.resource_index[name] for name in self.tables.problem.drive_rule.resource_ids]
        for placed in drives:
            drive, _ = self.tables.drive_by_ends[placed.from_place_id, placed.to_place_id]
            add_load(self.levels, self.bounds, *placed.span, drive.power_w, drive.data_bit, sign)
            cells = self._cells(placed.span)
            self.levels.users[resources, cells] += sign
            self.levels.contacts_asked[cells] += sign * (self.tables.drive_contact_bits != 0)

    def _cells(self, span: Span) -> slice:
        return slice(span[0] // self.bounds.cell_s, (span[1] - 1) // self.bounds.cell_s + 1)

    def silent_spans(self, station_id: str, span: Span) -> list[Span]:
        """Return the parts of activities in a span during which no contact with a station may be held."""
        if not self.tables.silences:
            return []
        found, bit = [], self.tables.station_bit[station_id]
        for index in self.tables.silent_chains & self.chains.keys():
            standing = self.chains[index]
            for block, start in zip(self.tables.instance.chains[index].blocks, standing.starts_s, strict=True):
                for step in block.steps:
                    silent = self.tables.silences.get(step.activity.activity_id, 0)
                    if silent & bit and overlap_s(step.span(start), span):
                        found.append(step.span(start))
        return found

    def may_book(self, span: Span) -> bool:
        """Return whether the charge suffices for a contact over a span."""
        return bool(may_load(self.levels, self.bounds, *span, self.tables.problem.contact_power_w))

    def quota_room(self, station_id: str, span: Span) -> Span:
        """Return the first part of a span, in whole cells, that quotas of antenna time let a contact last."""
        left_s, cell_s = self._contents.quota_left_s, self.bounds.cell_s
        if not left_s:
            return span
        room_s = self.tables.instance.quotas.room_s(left_s, station_id, span)
        return span if room_s >= span[1] - span[0] else (span[0], span[0] + room_s // cell_s * cell_s)

    def add_contact(self, contact: Booking) -> None:
        """Add a contact."""
        self._put_contact(contact, 1, now=True)

    def remove_contact(self, contact: Booking) -> None:
        """Take a contact away."""
        self._put_contact(contact, -1, now=True)

    def _put_contact(self, contact: Booking, sign: int, *, now: bool) -> None:
        """Add a contact (sign 1) or take it away (−1); unless this is done ``now``, levels are left to be refreshed."""
        span, station_id, power_w = contact.span, contact.placed.station_id, self.tables.problem.contact_power_w
        if self._contents.quota_left_s:
            after = self.tables.instance.quotas.after
            self._contents.quota_left_s = after(self._contents.quota_left_s, station_id, span, sign)
        bit = self.tables.station_bit[station_id]
        self._touch(put_contact(self.levels, self.bounds, *span, power_w, contact.sent_bit, bit, sign, now))
        if sign > 0:
            insort(self._contents.contacts, contact, key=attrgetter("span"))
        else:
            self._contents.contacts = [each for each in self.contacts if each is not contact]

    def contacts_near(self, span: Span, margin_s: int) -> list[Booking]:
        """Return the contacts that lie within a margin of a span."""
        after = bisect_left(self.contacts, span[1] + margin_s, key=_start_s)
        first = after
        while first > 0 and self.contacts[first - 1].span[1] + margin_s > span[0]:
            first -= 1
        return self.contacts[first:after]

    def is_asked(self, contact: Booking) -> bool:
        """Return whether an activity or a drive needs a contact."""
        return bool((self.levels.contacts_asked[self._cells(contact.span)] > 0).any())

    def trim_contact(self, contact: Booking) -> Booking | None:
        """Cut off what nothing needs of a contact; return what is left, None where that is nothing."""
        cells, cell_s = self._cells(contact.span), self.bounds.cell_s
        least = -(-contact.least_s // cell_s)
        first, after = needed_part(self.levels, self.bounds, cells.start, cells.stop, least, contact.named_by_drive)
        if (first, after) == (cells.start, cells.stop):
            return contact
        start_s = contact.span[0] if first == cells.start else first * cell_s
        end_s = contact.span[1] if after == cells.stop else after * cell_s
        if not self._is_in_time_without(contact, first, after):
            return contact
        self._put_contact(contact, -1, now=False)
        left = None
        if start_s < end_s:
            sent = contact.sent_bit[first - cells.start : after - cells.start]
            span = start_s, end_s
            left = replace(contact, placed=replace(contact.placed, span=span), span=span, sent_bit=sent)
            self._put_contact(left, 1, now=False)
        self._refresh(cells.start, cells.stop - 1)
        return left

    def _is_in_time_without(self, contact: Booking, first: int, after: int) -> bool:
        """Return whether latencies are kept where a contact sends from cell ``first`` to before ``after`` alone."""
        cells, sent_bit = self._cells(contact.span), self.levels.sent_bit
        before, cut = sent_bit[cells].copy(), contact.sent_bit.copy()
        cut[first - cells.start : after - cells.start] = 0.0
        sent_bit[cells] = np.maximum(before - cut, 0.0)
        in_time = self.shared.are_in_time(sent_bit, cells.start)
        sent_bit[cells] = before
        return in_time

    def stored_bit(self) -> Floats:
        """Return what is stored at each edge."""
        return stored_at_all(self.levels)

    def schedule(self) -> Schedule:
        """Return the schedule."""
        chains = self.tables.instance.chains
        activities = [step for index, each in self.chains.items() for step in placed_steps(chains[index], each)]
        return Schedule.ordered(activities, self.drives, (each.placed for each in self.contacts))


def _start_s(contact: Booking) -> int:
    return contact.span[0]


def placed_steps(chain: Chain, standing: Standing) -> list[PlacedActivity]:
    """Return the activities of a chain as they stand."""
    return [
        PlacedActivity(step.activity.activity_id, standing.place_id, step.span(start))
        for block, start in zip(chain.blocks, standing.starts_s, strict=True)
        for step in block.steps
    ]
