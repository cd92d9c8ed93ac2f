"""`deploy/release` on a copy of the files that it writes."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    places = ("CHANGELOG.md", "pyproject.toml", "docker-compose.yml", "changes/README.md", "deploy/check-containers",
              "web/package.json", "web/package-lock.json")  # fmt: skip
    members = [
        path.relative_to(ROOT)
        for path in (
            *ROOT.glob("*/*/pyproject.toml"),
            *ROOT.glob("services/*/src/*/__init__.py"),
            *ROOT.glob("services/*/Dockerfile"),
        )
    ]
    for place in (*map(Path, places), *members):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text((ROOT / place).read_text())
    return tmp_path


def release(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "deploy/release", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def test_a_release_gathers_what_waits_and_writes_its_version_everywhere(copy: Path) -> None:
    (copy / "changes/fixed-windows.md").write_text("Windows end where data end.\nAnd say so.\n")
    (copy / "changes/added-two.md").write_text("- Orbits are read.\n  And written.\n- Masks are read.\n")
    older = (copy / "CHANGELOG.md").read_text().partition("## [Unreleased]\n")[2]
    assert release(copy, "9.8.7", "2030-01-02").returncode == 0
    text = (copy / "CHANGELOG.md").read_text()
    assert "## [Unreleased]\n\n## [9.8.7] - 2030-01-02\n" in text
    assert "- Windows end where data end.\n  And say so.\n" in text
    assert "\n- Orbits are read.\n  And written.\n- Masks are read.\n" in text
    assert all(line in text for line in older.splitlines())
    assert [path.name for path in (copy / "changes").iterdir()] == ["README.md"]
    for path in copy.rglob("pyproject.toml"):
        assert tomllib.loads(path.read_text())["project"]["version"] == "9.8.7"
    for path in copy.rglob("__init__.py"):
        assert '__version__ = "9.8.7"' in path.read_text() or "__version__" not in path.read_text()
    lock = json.loads((copy / "web/package-lock.json").read_text())
    versions = {lock["version"], lock["packages"][""]["version"]}
    assert versions | {json.loads((copy / "web/package.json").read_text())["version"]} == {"9.8.7"}
    assert (copy / "docker-compose.yml").read_text().count(":9.8.7") == 7
    for path in copy.glob("services/*/Dockerfile"):
        assert path.read_text().count("ARG VERSION=9.8.7\n") == 2
    checked = (copy / "deploy/check-containers").read_text()
    assert checked.count("$service:") == checked.count("$service:9.8.7") == 4


@pytest.mark.parametrize(("version", "fragment"), [("0.2", "fixed-a.md"), ("0.2.0", "mended-a.md")])
def test_a_version_or_fragment_of_another_form_changes_nothing(copy: Path, version: str, fragment: str) -> None:
    (copy / "changes" / fragment).write_text("Something.\n")
    before = (copy / "CHANGELOG.md").read_text()
    answer = release(copy, version)
    assert answer.returncode == 1
    assert fragment.split("-")[0] in answer.stderr or version in answer.stderr
    assert (copy / "CHANGELOG.md").read_text() == before
    assert (copy / "changes" / fragment).exists()
