"""docs/limits.md says what the settings and the code say."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_table_of_limits_is_as_it_is_written_anew(tmp_path):
    out = tmp_path / "limits.md"
    subprocess.run([sys.executable, str(ROOT / "deploy" / "generate-limits"), str(out)], check=True)
    assert out.read_text() == (ROOT / "docs" / "limits.md").read_text(), "run deploy/generate-limits docs/limits.md"
