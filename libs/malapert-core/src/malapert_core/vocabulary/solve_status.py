"""Status of a solve."""

from enum import StrEnum


class SolveStatus(StrEnum):
    """Status of a solve; UNKNOWN where its work ended before it had a schedule or a contradiction."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"
