"""Logs are bounded in size and number, while their processes go on to print."""

import os
import stat

from malapert_cli.log_rotation import rotate


def test_a_grown_log_is_set_aside_and_its_process_prints_on(tmp_path):
    path = tmp_path / "planner.log"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        for number in range(6):
            assert not rotate(path, most_bytes=10, kept=3)
            os.write(descriptor, f"line {number} is long\n".encode())
            assert rotate(path, most_bytes=10, kept=3)
        os.write(descriptor, b"last")
    finally:
        os.close(descriptor)
    assert path.read_text() == "last"
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "planner.log",
        *(f"planner.log.{number}" for number in (1, 2, 3)),
    ]
    assert (tmp_path / "planner.log.1").read_text() == "line 5 is long\n"
    assert (tmp_path / "planner.log.3").read_text() == "line 3 is long\n"
    assert stat.S_IMODE((tmp_path / "planner.log.1").stat().st_mode) == 0o600


def test_a_log_that_is_not_there_is_left_alone(tmp_path):
    assert not rotate(tmp_path / "none.log")
