"""The bound that a vector of dual values proves, whatever solver it is from and however far from optimal it is.

For any y, one value a row, and every x within all limits,

    worth · x  ≤  Σ_i y_i (the row's greatest where y_i > 0, its least where y_i < 0)
               +  Σ_j max over least_j ≤ x_j ≤ most_j of (worth_j − Σ_i a_ij y_i) x_j

(weak duality; Neumaier and Shcherbina, Safe bounds in linear and mixed-integer linear programming, Math. Program. 99,
2004). The right-hand side is worked out in floating point with a bound on every rounding error added (Higham, Accuracy
and Stability of Numerical Algorithms, 2nd ed., 3.1): the result is never below its exact value.
"""

from __future__ import annotations

import math

import numpy as np

from malapert_planner.solvers.bounds.program import Floats, LinearProgram

UNIT_ROUNDOFF = 2.0**-53
MARGIN = 1.01
"""Factor by which an error bound that was itself worked out in floating point is enlarged."""


def safe_bound(program: LinearProgram, dual: Floats) -> float:
    """Return an upper bound on the worth of every solution of a program, infinity where the dual values are no help."""
    if not np.isfinite(dual).all():
        return math.inf
    # A row without a limit on one side admits no dual value of that sign.
    dual = np.where(np.isinf(program.row_most) & (dual > 0), 0.0, dual)
    dual = np.where(np.isinf(program.row_least) & (dual < 0), 0.0, dual)
    limit = np.where(dual > 0, program.row_most, np.where(dual < 0, program.row_least, 0.0))
    rows = dual * limit
    reduced, error = _reduced_worth(program, dual)
    columns = np.maximum(reduced * program.least, reduced * program.most)
    farthest = np.maximum(np.abs(program.least), np.abs(program.most))
    # Each product and each sum below is rounded once more.
    slack = error * farthest + 4 * UNIT_ROUNDOFF * np.abs(reduced) * farthest
    spare = MARGIN * (math.fsum(slack) + 4 * UNIT_ROUNDOFF * (math.fsum(np.abs(rows)) + math.fsum(np.abs(columns))))
    total = math.fsum((math.fsum(rows), math.fsum(columns), spare, math.ulp(spare) + np.finfo(np.float64).tiny))
    return math.nextafter(total, math.inf) if math.isfinite(total) else math.inf


def _reduced_worth(program: LinearProgram, dual: Floats) -> tuple[Floats, Floats]:
    """Return worth − Aᵀ y for each column, and by how much that may be off."""
    matrix, count = program.matrix, program.worth.size
    products = matrix.values * dual[matrix.rows]
    spent = np.bincount(matrix.columns, weights=products, minlength=count)
    size = np.bincount(matrix.columns, weights=np.abs(products), minlength=count) + np.abs(program.worth)
    terms = np.bincount(matrix.columns, minlength=count) + 3
    error = (MARGIN * UNIT_ROUNDOFF) * terms * size
    return program.worth - spent, np.asarray(error, dtype=np.float64)
