"""Every command and every line of Python of the guide runs, page after page, on one platform."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "guide"
PAGES = ("first-plan", "planner", "scientist", "reviewer", "station-operator", "administrator")
PYTHON_PAGES = {"python": "ORBITER_ECLIPSE", "assistants": "check_edit"}
"""Pages of Python, and what running one prints."""


NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.py"))


def blocks(page, kind):
    """Return what stands in the fenced blocks of a kind, in order."""
    text = (GUIDE / f"{page}.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A directory with the missions, as the repository has them."""
    place = tmp_path_factory.mktemp("guide")
    (place / "missions").symlink_to(ROOT / "missions")
    return place


def environment(platform):
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MALAPERT_")}
    return {
        **inherited,
        "MALAPERT_URL": platform.url,
        "MALAPERT_KEYS_FILE": str(platform.data_dir / "keys.json"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "120",
    }


@pytest.mark.e2e
@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page(platform, place, page):
    lines = [line for block in blocks(page, "console") for line in block.splitlines()]
    assert lines
    assert all(line.startswith("$ ") for line in lines)
    script = "\n".join(["set -eu", *(line.removeprefix("$ ") for line in lines)])
    done = subprocess.run(
        ["bash", "-c", script], cwd=place, env=environment(platform), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    assert "Traceback" not in done.stderr


@pytest.mark.e2e
@pytest.mark.parametrize(("page", "told"), PYTHON_PAGES.items())
def test_the_python_of_a_page(platform, place, page, told):
    command, shared = [sys.executable, "-c", "\n".join(blocks(page, "python"))], environment(platform)
    done = subprocess.run(command, cwd=place, env=shared, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    assert told in done.stdout


@pytest.mark.e2e
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_through(platform, place, notebook):
    shared = environment(platform) | {"MPLBACKEND": "Agg"}
    command = [sys.executable, str(notebook)]
    done = subprocess.run(command, cwd=place, env=shared, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}"


def test_every_notebook_is_told_of():
    text = (ROOT / "docs" / "notebooks.md").read_text(encoding="utf-8")
    assert set(re.findall(r"notebooks/(\w+)\.py>`", text)) == {path.stem for path in NOTEBOOKS}


def test_every_page_of_the_guide_is_run():
    assert {path.stem for path in GUIDE.glob("*.md")} == {*PAGES, *PYTHON_PAGES}
