"""A rover that waits keeps its battery's floor: sums by hand on a strip of three cells, exact at the limit."""

from __future__ import annotations

import numpy as np
import pytest
from malapert_landing_site.domain.timed_route import RoverPower
from malapert_landing_site.terrain.routes.path_kernel import STEPS
from malapert_landing_site.terrain.routes.paths import StepCosts
from malapert_landing_site.terrain.routes.timed_kernel import UNITS
from malapert_landing_site.terrain.routes.timed_paths import LightOverTime, TimedPath, earliest_arrival

# The search counts in joules with this battery: nothing is rounded.
CAPACITY_J = float(UNITS)
FLOOR_J = 20_000.0
STEP_S, STANDING_W = 100.0, 10.0
STANDING_J, DRIVE_J = 1000.0, 5000.0
ARRAY_W, GAIN_J = 100.0, 10_000.0
STEPS_OF_LIGHT = 12
DARK_STEPS = 5


def strip() -> StepCosts:
    """Three flat cells in a row; east and west alone are open."""
    energy_j = np.full((1, 3, 16), np.inf, np.float32)
    ways = [tuple(step) for step in STEPS.tolist()]
    energy_j[0, :2, ways.index((0, 1))] = DRIVE_J
    energy_j[0, 1:, ways.index((0, -1))] = DRIVE_J
    return StepCosts(energy_j, 10.0, np.zeros((1, 3)), DRIVE_J)


def found(
    start_j: float, share: np.ndarray, may_drive: np.ndarray | None, array_w: float = ARRAY_W, floor_j: float = FLOOR_J
) -> TimedPath | None:
    """Return the earliest way along the strip."""
    power = RoverPower(array_w, STANDING_W, CAPACITY_J, floor_j, start_j)
    return earliest_arrival(strip(), LightOverTime(share, may_drive, STEP_S), power, (0, 0), (0, 2), 0, start_j)


def lit_from(step: int) -> np.ndarray:
    """Return light that is dark everywhere before a step and full from it on."""
    share = np.zeros((STEPS_OF_LIGHT, 1, 3), np.uint8)
    share[step:] = 255
    return share


NEVER_LIT = lit_from(STEPS_OF_LIGHT)


def test_waiting_for_the_light_may_take_the_battery_to_its_floor() -> None:
    share = lit_from(DARK_STEPS)
    path = found(FLOOR_J + DARK_STEPS * STANDING_J, share, share > 0)
    assert path is not None
    assert path.cells[:, 1].tolist() == [0] * (DARK_STEPS + 1) + [1, 2]
    expected_j = [FLOOR_J + left * STANDING_J for left in range(DARK_STEPS, -1, -1)]
    net_j = GAIN_J - DRIVE_J - STANDING_J
    assert path.energy_j.tolist() == [*expected_j, FLOOR_J + net_j, FLOOR_J + 2 * net_j]


@pytest.mark.parametrize("missing_j", [1.0, STANDING_J])
def test_waiting_for_the_light_never_takes_it_below_though_the_light_would_fill_it_again(missing_j: float) -> None:
    share = lit_from(DARK_STEPS)
    assert found(FLOOR_J + DARK_STEPS * STANDING_J - missing_j, share, share > 0) is None


def test_waiting_in_the_dark_for_contact_leaves_what_the_drive_needs() -> None:
    """Driving is allowed from the sixth step on alone, as where the Earth rises then."""
    contact = lit_from(DARK_STEPS) > 0
    needed_j = DARK_STEPS * STANDING_J + 2 * (STANDING_J + DRIVE_J)
    path = found(FLOOR_J + needed_j, NEVER_LIT, contact)
    assert path is not None
    assert (path.energy_j[DARK_STEPS], path.energy_j[-1]) == (FLOOR_J + 2 * (STANDING_J + DRIVE_J), FLOOR_J)
    assert found(FLOOR_J + needed_j - 1.0, NEVER_LIT, contact) is None


@pytest.mark.parametrize(("array_w", "arrives"), [(50.0, True), (49.99, False)])
def test_light_that_makes_what_standing_takes_holds_the_floor_and_less_does_not(array_w: float, arrives: bool) -> None:
    """A fifth of 50 W is what standing takes; the battery begins at its floor, and full light lets it drive."""
    share = lit_from(DARK_STEPS)
    share[:DARK_STEPS] = 51
    path = found(FLOOR_J, share, share == 255, array_w=array_w)
    assert (path is not None) is arrives
    if path is not None:
        assert path.energy_j[: DARK_STEPS + 1].tolist() == [FLOOR_J] * (DARK_STEPS + 1)


def test_a_full_battery_takes_no_more_while_it_waits() -> None:
    """Lit while it may not drive, dark when it may: what is left counts from the full battery."""
    share = 255 - lit_from(DARK_STEPS)
    path = found(CAPACITY_J, share, lit_from(DARK_STEPS) > 0, floor_j=CAPACITY_J - 2 * (STANDING_J + DRIVE_J))
    assert path is not None
    assert path.energy_j[DARK_STEPS] == CAPACITY_J
    assert path.energy_j[-1] == CAPACITY_J - 2 * (STANDING_J + DRIVE_J)
    floor_j = CAPACITY_J - 2 * (STANDING_J + DRIVE_J) + 1.0
    assert found(CAPACITY_J, share, lit_from(DARK_STEPS) > 0, floor_j=floor_j) is None


def test_a_drive_gains_in_the_poorer_light_of_its_two_cells() -> None:
    """The middle alone is lit: neither step into it nor out of it gains; a wait in it does."""
    share = np.zeros((STEPS_OF_LIGHT, 1, 3), np.uint8)
    share[:, :, 1] = 255
    step_j = STANDING_J + DRIVE_J
    path = found(FLOOR_J + step_j, share, None)
    assert path is not None
    assert path.cells[:, 1].tolist() == [0, 1, 1, 2]
    assert path.energy_j.tolist() == [FLOOR_J + step_j, FLOOR_J, FLOOR_J + GAIN_J - STANDING_J, FLOOR_J + 3000.0]
    assert found(FLOOR_J + step_j - 1.0, share, None) is None


@pytest.mark.parametrize(("floor_j", "arrives"), [(FLOOR_J + 0.5, True), (FLOOR_J + 1.5, False)])
def test_a_floor_between_two_units_is_rounded_up(floor_j: float, arrives: bool) -> None:
    share = lit_from(DARK_STEPS)
    assert (found(FLOOR_J + DARK_STEPS * STANDING_J + 1.0, share, share > 0, floor_j=floor_j) is not None) is arrives
