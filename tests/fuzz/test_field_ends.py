"""Every integer and time of every call at its ends, over HTTP: a right answer or a clear refusal, and nothing else."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from field_ends import Call, Field, call_at, fields_of, usual_call
from malapert_testing.platform import Platform
from reader_fuzz.targets import target_named

MISSION = "missions/lupex-week.yaml"
ROLES = (
    *(("JAXA", role) for role in ("PLANNER", "ADMINISTRATOR", "OPERATOR", "APPROVER", "REQUESTER")),
    ("MALAPERT", "PLATFORM"),
)
LONGEST_PROBLEM = 20_000
Send = Callable[[Call, tuple[str, str]], httpx.Response]
