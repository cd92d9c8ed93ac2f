"""Dual values of a linear program, by GLOP's dual simplex.

On these programs it takes a fortieth of the time of PDLP. It is deterministic, has a limit in deterministic time, ends
at once when it is interrupted, and its values prove something even then.
"""

from __future__ import annotations

import numpy as np
from ortools.glop import parameters_pb2 as glop_pb2
from ortools.math_opt import callback_pb2, model_parameters_pb2, model_pb2, parameters_pb2
from ortools.math_opt.core.python import solver
from ortools.util.python.solve_interrupter import SolveInterrupter

from malapert_planner.solvers.bounds.program import Floats, LinearProgram


def dual_values(program: LinearProgram, work_limit: float, interrupter: SolveInterrupter) -> Floats | None:
    """Return dual values of a program, optimal unless a limit of deterministic time cut; None where there are none.

    They prove what :func:`~malapert_planner.solvers.bounds.safe_bound.safe_bound` makes of them. Where the dual simplex
    ends without any, for want of precision, the primal simplex is tried.
    """
    model = _model(program)
    for by_dual in (True, False):
        limits = glop_pb2.GlopParameters(use_dual_simplex=by_dual, max_deterministic_time=work_limit)
        result = solver.solve(
            model,
            parameters_pb2.SOLVER_TYPE_GLOP,
            parameters_pb2.SolverInitializerProto(),
            parameters_pb2.SolveParametersProto(threads=1, glop=limits),
            model_parameters_pb2.ModelSolveParametersProto(),
            None,
            callback_pb2.CallbackRegistrationProto(),
            None,
            interrupter.pybind_interrupter,
        )
        for solution in result.solutions:
            if solution.HasField("dual_solution"):
                values = solution.dual_solution.dual_values
                dual = np.zeros(program.row_least.size)
                dual[np.array(values.ids, dtype=np.int64)] = values.values
                return dual
        if interrupter.interrupted:
            break
    return None


def _model(program: LinearProgram) -> model_pb2.ModelProto:
    model = model_pb2.ModelProto()
    columns, rows, matrix = program.worth.size, program.row_least.size, program.matrix
    model.variables.ids.extend(range(columns))
    model.variables.lower_bounds.extend(program.least.tolist())
    model.variables.upper_bounds.extend(program.most.tolist())
    model.variables.integers.extend([False] * columns)
    model.objective.maximize = True
    valued = np.flatnonzero(program.worth)
    model.objective.linear_coefficients.ids.extend(valued.tolist())
    model.objective.linear_coefficients.values.extend(program.worth[valued].tolist())
    model.linear_constraints.ids.extend(range(rows))
    model.linear_constraints.lower_bounds.extend(program.row_least.tolist())
    model.linear_constraints.upper_bounds.extend(program.row_most.tolist())
    model.linear_constraint_matrix.row_ids.extend(matrix.rows.tolist())
    model.linear_constraint_matrix.column_ids.extend(matrix.columns.tolist())
    model.linear_constraint_matrix.coefficients.extend(matrix.values.tolist())
    return model
