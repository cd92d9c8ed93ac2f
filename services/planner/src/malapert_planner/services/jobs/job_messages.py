"""Jobs of the planner's workers and their messages: arguments and results as JSON, never as code.

A worker process imports this and little else, so that it begins soon.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, get_type_hints

from pydantic import ConfigDict, TypeAdapter

from malapert_planner.services.jobs.planning_jobs import (
    StageProgress,
    check_job,
    explain_job,
    levels_job,
    mend_job,
    plan_job,
    replan_job,
    robustness_job,
    validate_job,
)
from malapert_planner.services.jobs.worker_process import JobLink

JOBS: dict[str, Callable[..., Any]] = {
    job.__name__: job
    for job in (
        check_job,
        explain_job,
        levels_job,
        mend_job,
        plan_job,
        replan_job,
        robustness_job,
        validate_job,
    )
}
"""Functions of the workers, by the kind that a job names."""
WORKER_MODULES = (
    __name__,
    "malapert_planner.solvers.explain.admission",
    "malapert_planner.solvers.explain.unplanned",
    "malapert_planner.solvers.mend.mender",
    "malapert_planner.solvers.replan",
    "malapert_planner.solvers.solve",
    "malapert_planner.solvers.warm",
)
"""Modules that a worker's processes load once for all jobs."""
PROGRESS = TypeAdapter(StageProgress)
"""JSON form of a job's progress."""


@cache
def arguments_of(job: Callable[..., Any]) -> TypeAdapter[Any]:
    """Return how a job's arguments after the link are written, as their annotations say."""
    hints = get_type_hints(job)
    return _adapter(*(hint for name, hint in hints.items() if name != "return" and hint is not JobLink))


@cache
def result_of(job: Callable[..., Any]) -> TypeAdapter[Any]:
    """Return how a tuple of a job's result alone is written."""
    return _adapter(get_type_hints(job)["return"])


def _adapter(*types: Any) -> TypeAdapter[Any]:
    together: Any = tuple.__class_getitem__(types)
    # Without it JSON would turn what is infinite into null.
    return TypeAdapter(together, config=ConfigDict(ser_json_inf_nan="constants"))


def do_job(link: JobLink, job: Callable[..., Any], request: bytes) -> bytes:
    """Do a job in a worker process."""
    result = job(link, *arguments_of(job).validate_json(request))
    return result_of(job).dump_json((result,))
