"""Jobs that worker processes are tried with; a process of their own imports them."""

import os
import time

from malapert_planner.services.jobs.worker_process import JobLink


def wait_long(_link: JobLink, _job: object, _request: bytes) -> bytes:
    """Take longer than any test, in place of a job."""
    time.sleep(600)
    return b""


def want_much(_link: JobLink, count: int) -> int:
    """Take so many megabytes."""
    return len(bytearray(count << 20))


def niceness(_link: JobLink) -> int:
    """Tell the nice value of a job's process."""
    return os.nice(0)
