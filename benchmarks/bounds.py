"""Work out the bounds of the synthetic mission by each relaxation; print them with their sizes and CPU seconds."""

from __future__ import annotations

import argparse
import time

from malapert_planner.solvers.bounds.cells import edges_between
from malapert_planner.solvers.bounds.demands import demands_of
from malapert_planner.solvers.bounds.linear_solver import dual_values
from malapert_planner.solvers.bounds.refinement import levels_of
from malapert_planner.solvers.bounds.relaxation import coarse_program
from malapert_planner.solvers.bounds.safe_bound import safe_bound
from malapert_planner.solvers.construct.tour import solve_tour
from malapert_planner.solvers.engine import Engine
from malapert_planner.solvers.instance.compiled import compile_problem
from ortools.util.python.solve_interrupter import SolveInterrupter
from planner_reference_size import synthetic_mission


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chains", type=int, default=300)
    parser.add_argument("--levels", type=int, default=3, help="how many of the relaxations, from the coarsest")
    parser.add_argument("--tour", type=float, default=0.0, help="work of the tour's flow bound; 0 leaves it out")
    options = parser.parse_args()
    instance = compile_problem(synthetic_mission(chains=options.chains))
    demands, horizon_s = demands_of(instance), instance.problem.horizon_s
    print(f"{len(instance.chains)} chains in {len(demands.classes)} classes")
    for level in list(levels_of(instance, demands))[: options.levels]:
        began_s = time.process_time()
        program = coarse_program(
            instance, demands, edges_between(0, horizon_s, level.width_s), with_flow=level.with_flow
        )
        built_s = time.process_time()
        dual = None if program is None else dual_values(program, 1e4, SolveInterrupter())
        if program is None or dual is None:
            raise ArithmeticError(f"no dual values: {level}")
        print(
            f"| {level} | {program.row_least.size} × {program.worth.size} | {safe_bound(program, dual):.1f} "
            f"| {built_s - began_s:.1f} + {time.process_time() - built_s:.1f} |",
            flush=True,
        )
    if options.tour:
        began_s = time.process_time()
        bound, _ = solve_tour(instance, Engine(1, 1e4, 1e4), options.tour)
        print(f"| tour | | {bound:.1f} | {time.process_time() - began_s:.1f} |")


if __name__ == "__main__":
    main()
