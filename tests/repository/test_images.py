"""What Dockerfiles copy into images is in the context that they are built from."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LET_IN = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]


@pytest.mark.parametrize("dockerfile", sorted(ROOT.glob("services/*/Dockerfile")), ids=lambda path: path.parent.name)
def test_all_that_is_copied_is_let_in(dockerfile: Path) -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile.read_text(), re.MULTILINE)
    sources = [source for line in copied for source in line.split()]
    assert sources
    for source in sources:
        assert any(source == each or source.startswith(f"{each}/") for each in LET_IN), source
