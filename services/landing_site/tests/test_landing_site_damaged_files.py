"""Damaged and changed files of every format end in a terrain or in a typed fault that names the file."""

import random
from pathlib import Path

import lola_files as lola
import numpy as np
import pytest
from malapert_core.errors import InvalidInputError
from malapert_landing_site.terrain.dem.reading import TerrainFile
from terrain_readers import SEEDS, labelled, read_bytes

CASES = 60
WORDS = [
    "0", "-1", "1e308", "nan", "'N/A'", "16#FF7FFFFB#", "17#1#", "(1, 2)", "(", '"', "1737.4 <KM>", "/* open", "DOWN",
]  # fmt: skip


def damaged(content: bytes, random_: random.Random) -> bytes:
    """A file with some bytes changed, cut, doubled or moved, most of them in its head."""
    changed = bytearray(content)
    for _ in range(random_.choice([1, 1, 2, 4])):
        place = random_.randrange(min(len(changed), 2600) if random_.random() < 0.7 else len(changed))
        length = random_.choice([1, 2, 4, 8, 12])
        match random_.randrange(6):
            case 0:
                changed[place] = random_.choice([0, 1, 2, 127, 128, 255])
            case 1:
                changed[place : place + length] = random_.randbytes(length)
            case 2:
                changed[place : place + length] = b"\xff" * length
            case 3:
                del changed[max(place, 8) :]
            case 4:
                del changed[place : place + length]
            case _:
                changed[place:place] = changed[place : place + length]
        changed = changed if len(changed) >= 8 else bytearray(content)
    return bytes(changed)


def assert_typed(found: TerrainFile | InvalidInputError) -> None:
    if isinstance(found, TerrainFile):
        geometry = found.grid.geometry
        assert found.grid.elevation_m.shape == (geometry.height_px, geometry.width_px)
        assert not np.isinf(found.grid.elevation_m).any()
        return
    assert found.metadata["file_name"] == "case"
    assert all(fault.path and fault.code and "case" in fault.message for fault in found.faults)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize("format_name", SEEDS)
def test_sound_files_are_read_and_damaged_ones_end_in_a_fault(format_name: str, tmp_path: Path) -> None:
    seeds, random_ = SEEDS[format_name](tmp_path), random.Random(format_name)
    assert all(isinstance(read_bytes(seed), TerrainFile) for seed in seeds)
    for _ in range(CASES):
        assert_typed(read_bytes(damaged(random_.choice(seeds), random_)))


def test_labels_with_changed_statements_end_in_a_fault() -> None:
    random_, image = random.Random(3), lola.counts().tobytes()
    for _ in range(CASES):
        lines = lola.label().splitlines()
        place = random_.randrange(len(lines))
        name = lines[place].partition("=")[0]
        change = [f"{name}= {random_.choice(WORDS)}", lines[random_.randrange(len(lines))], ""]
        lines[place : place + random_.randrange(2)] = [random_.choice(change)]
        assert_typed(read_bytes(labelled("\n".join(lines).encode(), image)))
