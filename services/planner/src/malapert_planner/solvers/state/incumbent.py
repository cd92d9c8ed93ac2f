"""The schedule at hand: its levels at every grid instant, and scopes cut out of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from malapert_planner.domain.problem.conditions import ConditionKind
from malapert_planner.domain.problem.spans import Span, overlap_s
from malapert_planner.domain.schedule.schedule import PlacedActivity, PlacedContact, PlacedDrive, Schedule
from malapert_planner.solvers.instance.compiled import Instance
from malapert_planner.solvers.instance.power import SECONDS_PER_HOUR
from malapert_planner.solvers.instance.scope import Boundary, Cells, FixedChain, Scope
from malapert_planner.solvers.model.contacts import data_between
from malapert_planner.solvers.state.backlog import Backlog, backlog_of
from malapert_planner.solvers.state.levels import Levels, demanded, reflected, spread


@dataclass(frozen=True)
class Incumbent:
    """A schedule with safe bounds of its levels, worst order within each cell of the finest grid."""

    instance: Instance
    schedule: Schedule

    @cached_property
    def cells(self) -> Cells:
        """The finest grid."""
        return self.instance.cells

    @cached_property
    def placed(self) -> dict[str, PlacedActivity]:
        """Placed activities by id."""
        return {placed.activity_id: placed for placed in self.schedule.activities}

    @cached_property
    def chains(self) -> dict[int, FixedChain]:
        """Planned chains by index."""
        chains = {}
        for chain in self.instance.chains:
            steps = [self.placed[a.activity_id] for a in chain.activities if a.activity_id in self.placed]
            if steps:
                span = (steps[0].span[0], steps[-1].span[1])
                chains[chain.index] = FixedChain(chain.index, steps[0].place_id, span, span[0], tuple(steps))
        return chains

    @cached_property
    def satisfied(self) -> frozenset[int]:
        """The chains that are planned, and those of which another mode is."""
        modes = self.instance.modes
        return frozenset(mode.index for index in self.chains for mode in modes[index])

    def place_at(self, time_s: int) -> str:
        """Return where the asset is at an instant, the origin while it drives."""
        place = self.instance.problem.start_place_id
        for drive in self.schedule.drives:
            if drive.span[1] <= time_s:
                place = drive.to_place_id
        return place

    @cached_property
    def stays(self) -> list[tuple[str, Span]]:
        """Where the asset rests when, in order."""
        place_id, since, found = self.instance.problem.start_place_id, 0, []
        for drive in self.schedule.drives:
            found.append((place_id, (since, drive.span[0])))
            place_id, since = drive.to_place_id, drive.span[1]
        return [*found, (place_id, (since, self.instance.problem.horizon_s))]

    def silences(self, station_id: str) -> list[Span]:
        """Return when no contact with a station may be held, since something asks for silence."""
        return [span for span, stations in self._silent if not stations or station_id in stations]

    @cached_property
    def _silent(self) -> list[tuple[Span, tuple[str, ...]]]:
        return [
            (placed.span, condition.station_ids)
            for placed in self.schedule.activities
            for condition in self.instance.activities[placed.activity_id].conditions
            if condition.kind is ConditionKind.SILENCE
        ]

    @cached_property
    def awake(self) -> NDArray[np.bool_]:
        """Whether something is under way in each cell."""
        awake = np.zeros(len(self.cells), np.bool_)
        for span, _ in self._loads():
            touched = self.cells.touched(span)
            awake[touched.start : touched.stop] = True
        return awake

    @cached_property
    def energy_wh(self) -> tuple[Levels, Levels]:
        """What surely charges, less what heaters draw, and what else is drawn in each cell."""
        problem = self.instance.problem
        drawn = np.zeros(len(self.cells))
        for span, power_w in self._loads():
            spread(drawn, self.cells, span, power_w / SECONDS_PER_HOUR)
        drawn += self.instance.cell_hours * problem.battery.asleep_load_w + self._waking_wh * self.awake
        generated = np.empty(len(self.cells))
        place, since = problem.start_place_id, 0
        for drive in self.schedule.drives:
            touched = self.cells.touched(drive.span)
            self._generate(generated, range(since, touched.start), (place, place))
            self._generate(generated, touched, (drive.from_place_id, drive.to_place_id))
            place, since = drive.to_place_id, touched.stop
        self._generate(generated, range(since, len(self.cells)), (place, place))
        return generated, drawn

    @cached_property
    def _waking_wh(self) -> Levels:
        """What a cell draws more where the asset is awake in it."""
        battery = self.instance.problem.battery
        return self.instance.cell_hours * max(0.0, battery.awake_load_w - battery.asleep_load_w)

    def _generate(self, generated: Levels, cells: range, ends: tuple[str, str]) -> None:
        if len(cells):
            edges = self.cells.edges_s[cells.start : cells.stop + 1]
            generated[cells.start : cells.stop] = self.instance.supplied_wh(ends, edges)

    def _loads(self) -> list[tuple[Span, float]]:
        activities, problem = self.instance.activities, self.instance.problem
        power = {(d.from_place_id, d.to_place_id): d.power_w for d in self.instance.drives}
        loads = [(p.span, activities[p.activity_id].power_w) for p in self.schedule.activities]
        loads += [(d.span, power[d.from_place_id, d.to_place_id]) for d in self.schedule.drives]
        return loads + [(c.span, problem.contact_power_w) for c in self.schedule.contacts]

    @cached_property
    def charge_wh(self) -> Levels:
        """A lower bound of the charge at each edge."""
        return self.charge_of(*self.energy_wh)

    def charge_of(self, generated: Levels, drawn: Levels) -> Levels:
        """Return a lower bound of the charge at each edge for what is generated and drawn in each cell."""
        generated, drawn = generated[self.first :], drawn[self.first :]
        battery = self.instance.problem.battery
        return self._whole(reflected(supplied=generated, drawn=drawn, start=battery.start_wh, wall=battery.capacity_wh))

    @cached_property
    def first(self) -> int:
        """The first edge from which on levels are accounted."""
        return self.cells.edges_s.index(self.instance.problem.now_s)

    def _whole(self, levels: Levels) -> Levels:
        """Return levels over the whole horizon; before they are accounted they are as at the first edge of those."""
        return np.concatenate([np.full(self.first, levels[0]), levels])

    @cached_property
    def needed_wh(self) -> Levels:
        """The charge at each edge that suffices for all that follows in the schedule."""
        return self.need_of(*self.energy_wh)

    def need_of(self, generated: Levels, drawn: Levels) -> Levels:
        """Return the charge at each edge that suffices for all that follows, as drawn in each cell."""
        generated, drawn = generated[self.first :], drawn[self.first :]
        battery, edges_s = self.instance.problem.battery, self.cells.edges_s[self.first :]
        least = np.full(len(drawn), battery.floor_wh) + drawn
        for placed in self.schedule.activities:
            cell = self.cells.at(placed.span[0]) - self.first
            if cell >= 0:
                charge = self.instance.activities[placed.activity_id].min_start_charge_wh
                reserve = 0.0 if placed.span[0] == edges_s[cell] else drawn[cell]
                least[cell] = max(least[cell], charge + reserve)
        end = max(battery.end_wh, battery.floor_wh)
        return self._whole(demanded(least, drawn - generated, end, wall=battery.capacity_wh))

    @cached_property
    def data_bit(self) -> tuple[Levels, Levels]:
        """Filled and drained in each cell."""
        filled, drained = np.zeros(len(self.cells)), np.zeros(len(self.cells))
        for placed in self.schedule.activities:
            data = self.instance.activities[placed.activity_id].data_bit
            spread(filled, self.cells, placed.span, data / (placed.span[1] - placed.span[0]))
        volume = {(d.from_place_id, d.to_place_id): d.data_bit for d in self.instance.drives}
        for drive in self.schedule.drives:
            rate = volume[drive.from_place_id, drive.to_place_id] / (drive.span[1] - drive.span[0])
            spread(filled, self.cells, drive.span, rate)
        for contact in self.schedule.contacts:
            self._drain(drained, contact)
        return filled, drained

    def _drain(self, drained: Levels, contact: PlacedContact) -> None:
        driving = tuple(d for d in self.schedule.drives if overlap_s(d.span, contact.span))
        key = (contact.station_id, contact.span, self.place_at(contact.span[0]), driving)
        if key not in self.instance.drains_bit:
            self.instance.drains_bit[key] = self._drains_bit(contact, driving)
        touched = self.cells.touched(contact.span)
        drained[touched.start : touched.stop] += self.instance.drains_bit[key]

    def sendable_bit(self, contact: PlacedContact) -> Levels:
        """Return what a contact can send in each of its cells."""
        return self._drains_bit(contact, tuple(d for d in self.schedule.drives if overlap_s(d.span, contact.span)))

    def _drains_bit(self, contact: PlacedContact, driving: tuple[PlacedDrive, ...]) -> Levels:
        windows = [
            w for w in self.instance.station_windows.get(contact.station_id, ()) if overlap_s(w.span, contact.span)
        ]
        touched = self.cells.touched(contact.span)
        sent = np.zeros(len(touched))
        for index, cell in enumerate(touched):
            low, high = self.cells.span(cell)
            part = (max(low, contact.span[0]), min(high, contact.span[1]))
            places = {self.place_at(part[0])} | {d.to_place_id for d in driving if overlap_s(d.span, part)}
            seen = [w.rate for w in windows if w.place_id in places and w.span[0] <= part[0] and part[1] <= w.span[1]]
            sent[index] = data_between(seen, part) if len(seen) >= len(places) else 0.0
        return sent

    @cached_property
    def stored_bit(self) -> Levels:
        """An upper bound of the stored data at each edge."""
        filled, drained = (levels[self.first :] for levels in self.data_bit)
        # Free space mirrors charge: drained fills it up to "empty", filled draws on it.
        start = -self.instance.problem.storage.start_bit
        return self._whole(-reflected(supplied=drained, drawn=filled, start=start, wall=0.0))

    @cached_property
    def admitted_bit(self) -> Levels:
        """The stored data at each edge that leaves room for all that follows in the schedule."""
        filled, drained = (levels[self.first :] for levels in self.data_bit)
        storage = self.instance.problem.storage
        end = -min(storage.end_max_bit, storage.capacity_bit)
        return self._whole(-demanded(filled - storage.capacity_bit, filled - drained, end, wall=0.0))

    @cached_property
    def backlogs(self) -> tuple[Backlog, ...]:
        """What waits of each rank of products that has a latency limit."""
        drained = self.data_bit[1]
        return tuple(
            backlog_of(self.instance, rank, self.schedule.activities, drained, self.first)
            for rank in self.instance.limited_ranks
        )

    def lasts(self) -> bool:
        """Return whether the start has the charge that the whole schedule needs."""
        return self.instance.problem.battery.start_wh + 1e-6 >= float(self.needed_wh[0])

    def keeps_limits(self) -> bool:
        """Return whether levels and quotas are kept, and no silence is too long."""
        return self.keeps_levels() and self.is_heard()

    def is_heard(self) -> bool:
        """Return whether no silence is too long."""
        return self.instance.rhythm.is_kept(self.schedule.drives, self.schedule.contacts)

    def keeps_levels(self) -> bool:
        """Return whether the start has the charge and room that all needs, with products in time, quotas kept and no
        time in the dark too long."""
        room = self.instance.problem.storage.start_bit <= float(self.admitted_bit[0]) + 1.0
        kept = room and self.lasts() and not any(backlog.late() for backlog in self.backlogs)
        kept = kept and self.instance.darkness.is_kept(self.schedule.drives)
        return kept and self.instance.quotas.are_kept(self.schedule.contacts)

    def quiet(self, span: Span) -> Span:
        """Widen a span until neither of its ends cuts a drive or a contact, but not into what is frozen."""
        problem, grid = self.instance.problem, self.instance.problem.resolution_s
        first = self.instance.open_from_s
        span = (max(first, span[0]), max(min(first + grid, problem.horizon_s), span[1]))
        busy = [d.span for d in self.schedule.drives] + [c.span for c in self.schedule.contacts]
        start, end = max(0, span[0] // grid * grid), min(problem.horizon_s, -(-span[1] // grid) * grid)
        while cut := next((b for b in busy if b[0] < start < b[1]), None):
            start = cut[0] // grid * grid
        while cut := next((b for b in busy if b[0] < end < b[1]), None):
            end = min(problem.horizon_s, -(-cut[1] // grid) * grid)
        return start, end

    def scope(
        self,
        span: Span,
        *,
        width_s: int,
        step_s: int,
        chain_step_s: int,
        free: frozenset[int],
        keep_route: bool = False,
        keep_all: bool = False,
        kept_contacts: tuple[PlacedContact, ...] = (),
        forced: frozenset[int] = frozenset(),
        place_ids: frozenset[str] | None = None,
        station_ids: frozenset[str] | None = None,
    ) -> Scope:
        """Cut a scope out of the schedule.

        Free are the chains named, and, unless ``keep_all``, every planned chain that lies wholly inside; a planned
        chain that is named is free only where it lies inside. With a planned chain that is free its near modes are.
        """
        bare = self._without_tail(span[1])
        start, end = bare.quiet(span)
        inside = {i for i, c in bare.chains.items() if start <= c.span[0] and c.span[1] <= end}
        moving = (free & inside) if keep_all else inside
        released = {mode.index for i in moving for mode in self.instance.near_modes[i]} | (free - bare.satisfied)
        outside = tuple(c for c in bare.schedule.contacts if c.span[1] <= start or c.span[0] >= end)
        drives = tuple(d for d in bare.schedule.drives if start <= d.span[0] and d.span[1] <= end)
        contacts = tuple(c for c in bare.schedule.contacts if start <= c.span[0] and c.span[1] <= end)
        return Scope(
            span=(start, end),
            cells=bare._cells((start, end), width_s),
            step_s=step_s,
            chain_step_s=chain_step_s,
            boundary=bare._boundary((start, end)),
            free=tuple(sorted(released)),
            fixed=tuple(chain for i, chain in sorted(bare.chains.items()) if i not in released),
            outside_contacts=outside,
            route=drives if keep_route else None,
            hint=Schedule(tuple(bare.schedule.activities), drives, contacts),
            forced=forced,
            place_ids=place_ids,
            station_ids=station_ids,
            kept_contacts=kept_contacts,
        )

    def _without_tail(self, time_s: int) -> Incumbent:
        """Return the schedule without passes after the last that is done, were it by an instant: they hold it there."""
        schedule = self.schedule
        ends_s = [a.span[1] for a in schedule.activities] + [d.span[1] for d in schedule.drives]
        if not self.instance.rhythm.most_s or max(ends_s, default=0) > time_s:
            return self
        before = tuple(contact for contact in schedule.contacts if contact.span[0] < time_s)
        bare = replace(self, schedule=replace(schedule, contacts=before))
        return bare if len(before) < len(schedule.contacts) and bare.keeps_levels() else self

    def _cells(self, span: Span, width_s: int) -> Cells:
        """Cut wide cells also where something in the schedule begins, ends or is due: it then fits as it stands."""
        grid, schedule = self.instance.problem.resolution_s, self.schedule
        spans = [c.span for c in self.chains.values()]
        spans += [d.span for d in schedule.drives] + [c.span for c in schedule.contacts]
        edges = [t for start, end in spans for t in (start // grid * grid, -(-end // grid) * grid)]
        edges += [due.due_s // grid * grid for backlog in self.backlogs for due in backlog.dues]
        return Cells.cut(span, width_s, edges if width_s > grid else ())

    def _boundary(self, span: Span) -> Boundary:
        """Return what holds at a span's ends; where nothing follows, the span may end wherever resting suffices."""
        edges = np.array(self.cells.edges_s)
        first, last = int(np.searchsorted(edges, span[0])), int(np.searchsorted(edges, span[1]))
        schedule, rhythm, darkness = self.schedule, self.instance.rhythm, self.instance.darkness
        ends_s = [a.span[1] for a in schedule.activities] + [d.span[1] for d in schedule.drives]
        if max(ends_s + [c.span[1] for c in schedule.contacts], default=0) > span[1]:
            ends = {self.place_at(span[1]): float(self.needed_wh[last])}
        else:
            ends = {place_id: float(self._rest_needed_wh(place_id)[last]) for place_id in self.instance.places}
        return Boundary(
            start_place_id=self.place_at(span[0]),
            charge_wh=float(self.charge_wh[first]),
            end_charge_wh=ends,
            stored_bit=float(self.stored_bit[first]),
            end_stored_bit=float(self.admitted_bit[last]),
            backlogs=tuple(backlog.boundary(first, last) for backlog in self.backlogs),
            silence_s=rhythm.before_s(schedule, span[0]),
            end_silence_s=rhythm.left_s(schedule, span[1], ends),
            dark_s=darkness.before_s(schedule.drives, span[0]),
            end_dark_s=darkness.left_s(schedule.drives, span[1], ends),
        )

    def _rest_needed_wh(self, place_id: str) -> Levels:
        """Return the charge at each edge that suffices to rest at a place to the end."""
        cached = self.instance.rest_needed_wh.get(place_id)
        if cached is None:
            problem = replace(self.instance.problem, start_place_id=place_id)
            cached = Incumbent(replace(self.instance, problem=problem), Schedule()).needed_wh
            self.instance.rest_needed_wh[place_id] = cached
        return cached

    def with_added(self, activities: tuple[PlacedActivity, ...], contacts: tuple[PlacedContact, ...] = ()) -> Incumbent:
        """Return the schedule with some activities and contacts more; its cells follow from those of this one."""
        before = self.schedule
        every = (*before.activities, *activities), before.drives, (*before.contacts, *contacts)
        added = Incumbent(self.instance, Schedule.ordered(*every))
        awake, (generated, drawn), (filled, drained) = self.awake.copy(), self.energy_wh, self.data_bit
        drawn, filled, drained = drawn.copy(), filled.copy(), drained.copy()
        loads = [(a.span, self.instance.activities[a.activity_id].power_w) for a in activities]
        for span, power_w in loads + [(c.span, self.instance.problem.contact_power_w) for c in contacts]:
            spread(drawn, self.cells, span, power_w / SECONDS_PER_HOUR)
            touched = self.cells.touched(span)
            awake[touched.start : touched.stop] = True
        drawn += self._waking_wh * (awake & ~self.awake)
        for placed in activities:
            data_bit = self.instance.activities[placed.activity_id].data_bit
            spread(filled, self.cells, placed.span, data_bit / (placed.span[1] - placed.span[0]))
        for contact in contacts:
            added._drain(drained, contact)
        vars(added).update(awake=awake, energy_wh=(generated, drawn), data_bit=(filled, drained))
        return added

    def replaced(self, scope: Scope, inner: Schedule) -> Incumbent:
        """Return the schedule with a scope's part replaced by what was decided for it."""
        start, end = scope.span
        kept = {a.activity_id for chain in scope.fixed for a in chain.activities}
        activities = [a for a in self.schedule.activities if a.activity_id in kept] + list(inner.activities)
        drives = [d for d in self.schedule.drives if d.span[1] <= start or d.span[0] >= end] + list(inner.drives)
        contacts = (*scope.outside_contacts, *inner.contacts)
        return Incumbent(self.instance, Schedule.ordered(activities, drives, contacts))
