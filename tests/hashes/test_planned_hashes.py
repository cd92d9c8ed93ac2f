"""The same problem, seed and work limit give the same schedule as when the record was written."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from llvmlite.binding import get_host_cpu_name
from malapert_testing.platform import Platform, running_platform

sys.path.append(str(Path(__file__).parent))

from planned_hashes import NAMES, SEED, WORK_LIMIT_S, planned, recorded

RENEW = 'tests/hashes/planned_hashes.py --reason "why the plans changed"'


@pytest.fixture(scope="module")
def own_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with running_platform(tmp_path_factory.mktemp("hashes") / "data") as running:
        yield running


def test_the_record_is_of_every_mission() -> None:
    record = recorded()
    assert sorted(record["missions"]) == NAMES
    assert (record["seed"], record["work_limit_s"]) == (SEED, WORK_LIMIT_S)


@pytest.mark.e2e
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", NAMES)
def test_a_mission_is_planned_as_it_was(own_platform: Platform, name: str) -> None:
    record = recorded()
    found, before = planned(own_platform, name), record["missions"][name]
    is_same_problem = found["problem_hash"] == before["problem_hash"] != ""
    if not is_same_problem and get_host_cpu_name() != record["processor"]:
        pytest.skip(f"{get_host_cpu_name()} rounds otherwise than {record['processor']}: another problem, another plan")
    assert found == before, f"if that is meant, write the record anew by {RENEW}"
