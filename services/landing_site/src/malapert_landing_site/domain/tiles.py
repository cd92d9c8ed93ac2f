"""The tile matrix set of a pole's grid: squares of 256 pixels, as OGC 17-083r4 describes them."""

from __future__ import annotations

from dataclasses import dataclass

from malapert_core.errors import Fault, InvalidInputError

TILE_PX = 256
HALF_SIDE_M = 655_360.0
"""Half the side of the one tile of level 0, centred on the pole: its pixels are 5120 m, at level 10 they are 5 m."""

MOST_LEVEL = 14


@dataclass(frozen=True)
class TileAddress:
    """A tile: level, column from the west and row from the north."""

    level: int
    column: int
    row: int

    @property
    def bounds_m(self) -> tuple[float, float, float, float]:
        """Western, southern, eastern and northern edge, metres of the polar grid."""
        side_m = 2.0 * HALF_SIDE_M / 2**self.level
        west_m, north_m = self.column * side_m - HALF_SIDE_M, HALF_SIDE_M - self.row * side_m
        return west_m, north_m - side_m, west_m + side_m, north_m


def check_tile(address: TileAddress) -> None:
    """Refuse a tile that the matrix set does not have.

    Raises
    ------
    InvalidInputError
        TILE_OUTSIDE_MATRIX.
    """
    faults = []
    if not 0 <= address.level <= MOST_LEVEL:
        faults.append(Fault("level", "TILE_OUTSIDE_MATRIX", f"levels 0 to {MOST_LEVEL} are allowed"))
    else:
        most = 2**address.level - 1
        for path, value in (("column", address.column), ("row", address.row)):
            if not 0 <= value <= most:
                message = f"{path} {value}: 0 to {most} are allowed at level {address.level}"
                faults.append(Fault(path, "TILE_OUTSIDE_MATRIX", message))
    if faults:
        raise InvalidInputError("TILE_OUTSIDE_MATRIX", "; ".join(fault.message for fault in faults), faults=faults)
