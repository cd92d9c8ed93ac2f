"""Pictures that a test is held against, small and with a tolerance: other fonts and edges make no difference."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator

FOLDER = Path(__file__).parent / "snapshots"
WRITE = "MALAPERT_WRITE_SNAPSHOTS"
_SHRINK = 5
_STRONG = 40
"""Difference of a colour's part, of 255, that is one to the eye in a picture shrunk so far."""
MOST_STRONG = 0.02
"""Share of such pixels that other fonts make."""


def small(shown: bytes) -> Image.Image:
    """Return a picture shrunk so far that letters are grey and bars still have their colours."""
    with Image.open(io.BytesIO(shown)) as picture:
        return picture.convert("RGB").resize(
            (picture.width // _SHRINK, picture.height // _SHRINK), Image.Resampling.BOX
        )


def strong_share(one: Image.Image, other: Image.Image) -> float:
    """Return the share of pixels that differ to the eye; pictures of other sizes differ in all."""
    if one.size != other.size:
        return 1.0
    parts = np.abs(np.asarray(one, np.int16) - np.asarray(other, np.int16)).max(axis=2)
    return float((parts > _STRONG).mean())


def require_as_before(shown: Locator, name: str) -> None:
    """Hold what is shown against its picture; written anew where the environment has MALAPERT_WRITE_SNAPSHOTS."""
    now = small(shown.screenshot(animations="disabled"))
    path = FOLDER / f"{name}.png"
    if os.environ.get(WRITE):
        FOLDER.mkdir(exist_ok=True)
        now.save(path, optimize=True)
        pytest.skip(f"{path.name} was written anew: look at it")
    with Image.open(path) as before:
        share = strong_share(before.convert("RGB"), now)
    assert share <= MOST_STRONG, f"{share:.1%} of {name} differs; if it is meant, write it anew with {WRITE}=1"
