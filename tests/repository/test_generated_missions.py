"""The missions of 300 requests are what their script makes of the reference mission."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_missions_of_many_requests_are_of_the_reference_mission_as_it_is(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(ROOT / "deploy" / "generate-missions"), str(tmp_path)], check=True)
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert sorted(made) == sorted(path.name for path in (ROOT / "missions").glob("lupex-300-*.yaml"))
    for name, text in made.items():
        assert (ROOT / "missions" / name).read_text() == text, f"{name}: run deploy/generate-missions"
