"""The bill of materials of an image names what its lock files name, for the image's Python."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PARTS = ("planner", "landing-site", "comms-window", "payload", "gateway")


def bill_of(part: str, *locks: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "deploy" / "generate-sbom"), part, "1.2.3", *map(str, locks)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("part", PARTS)
def test_every_package_of_a_lock_is_in_the_bill_with_its_hashes(part: str) -> None:
    lock = ROOT / "requirements" / f"{part}.lock"
    made = bill_of(part, lock)
    bill = json.loads(made.stdout)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["version"] == "1.2.3"
    wanted: dict[str, set[str]] = {}
    for entry in lock.read_text().replace("\\\n", " ").splitlines():
        if not entry.strip() or entry.lstrip().startswith("#"):
            continue
        text, *hashes = entry.split("--hash=")
        requirement = Requirement(text.strip())
        if requirement.marker is None or requirement.marker.evaluate():
            version = str(requirement.specifier).removeprefix("==")
            wanted[f"pkg:pypi/{requirement.name.lower()}@{version}"] = {each.strip() for each in hashes}
    found = {
        each["purl"]: {f"{one['alg'].replace('-', '').lower()}:{one['content']}" for one in each["hashes"]}
        for each in bill["components"]
    }
    assert found == wanted
    assert set(bill["dependencies"][0]["dependsOn"]) == {each["bom-ref"] for each in bill["components"]}
    assert bill_of(part, lock).stdout == made.stdout


def test_a_line_that_is_not_understood_ends_it(tmp_path: Path) -> None:
    lock = tmp_path / "odd.lock"
    lock.write_text("six==1.0 \\\n    --hash=md5:00\n")
    made = bill_of("odd", lock)
    assert made.returncode == 1
    assert "line 2: neither a package nor a hash" in made.stderr
