"""Problems and schedules as JSON, for the record and for defects."""

import zlib
from pathlib import Path

from malapert_core.vocabulary.content_hash import bytes_hash
from pydantic import TypeAdapter

from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.domain.validation.report import ValidationReport

_PROBLEM = TypeAdapter(PlanningProblem)
_SCHEDULE = TypeAdapter(Schedule)
_REPORT = TypeAdapter(ValidationReport)


def pack_problem(problem: PlanningProblem) -> bytes:
    """Return a problem as compressed JSON."""
    return zlib.compress(_PROBLEM.dump_json(problem))


def unpack_problem(packed: bytes) -> PlanningProblem:
    """Return a problem from compressed JSON."""
    return _PROBLEM.validate_json(zlib.decompress(packed))


def pack_schedule(schedule: Schedule) -> bytes:
    """Return a schedule as compressed JSON."""
    return zlib.compress(_SCHEDULE.dump_json(schedule))


def unpack_schedule(packed: bytes) -> Schedule:
    """Return a schedule from compressed JSON."""
    return _SCHEDULE.validate_json(zlib.decompress(packed))


def write_defect(
    folder: Path, problem: PlanningProblem, schedule: Schedule, report: ValidationReport
) -> tuple[Path, str]:
    """Write a schedule that the validator refused, with its problem, and return the file and its content hash."""
    content = b'{"problem":%b,"schedule":%b,"report":%b}' % (
        _PROBLEM.dump_json(problem),
        _SCHEDULE.dump_json(schedule),
        _REPORT.dump_json(report),
    )
    digest = bytes_hash(content)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{digest.removeprefix('sha256:')}.json"
    path.write_bytes(content)
    return path, digest
