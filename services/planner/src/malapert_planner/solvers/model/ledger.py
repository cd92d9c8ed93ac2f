"""What every decision adds to the resources of each cell, as linear terms over decision variables."""

from __future__ import annotations

from dataclasses import dataclass, field

from ortools.sat.python import cp_model

from malapert_planner.solvers.instance.scope import Cells

Linear = cp_model.LinearExpr | int
"""A linear expression or a constant."""


@dataclass(slots=True)
class LinearSum:
    """A linear sum over Boolean variables with an integer constant."""

    variables: list[cp_model.IntVar] = field(default_factory=list)
    coefficients: list[int] = field(default_factory=list)
    constant: int = 0

    def add(self, variable: cp_model.IntVar | None, coefficient: int) -> None:
        """Add a term; None stands for a decision that is fixed to true."""
        if variable is None:
            self.constant += coefficient
        elif coefficient:
            self.variables.append(variable)
            self.coefficients.append(coefficient)

    def expression(self) -> Linear:
        """Return the sum as an expression."""
        if not self.variables:
            return self.constant
        return cp_model.LinearExpr.weighted_sum(self.variables, self.coefficients) + self.constant


@dataclass(slots=True)
class Hints:
    """The incumbent's value of each variable: with all of them CP-SAT starts from the incumbent."""

    model: cp_model.CpModel
    value_of: dict[int, int] = field(default_factory=dict)

    def add(self, variable: cp_model.IntVar, value: int) -> None:
        """Hint at a value of a variable."""
        self.value_of[variable.index] = int(value)
        self.model.add_hint(variable, int(value))

    def sum_of(self, total: LinearSum) -> int:
        """Return a sum's value under the hints."""
        return total.constant + sum(
            coefficient
            for variable, coefficient in zip(total.variables, total.coefficients, strict=True)
            if self.value_of.get(variable.index)
        )


@dataclass(slots=True)
class Ledger:
    """Per cell: energy drawn and generated in mWh, data filled and drained in storage units, and who keeps it awake.

    ``awake`` holds per cell groups of decisions of which at most one is taken.
    """

    cells: Cells
    hints: Hints
    drawn: list[LinearSum] = field(init=False)
    generated: list[LinearSum] = field(init=False)
    filled: list[LinearSum] = field(init=False)
    drained: list[LinearSum] = field(init=False)
    awake: list[list[LinearSum]] = field(init=False)

    def hinted(self, total: LinearSum) -> int:
        """Return a sum's value under the hints."""
        return self.hints.sum_of(total)

    def hint(self, variable: cp_model.IntVar, value: int) -> None:
        """Hint at a value of a variable."""
        self.hints.add(variable, value)

    def __post_init__(self) -> None:
        count = len(self.cells)
        self.drawn = [LinearSum() for _ in range(count)]
        self.generated = [LinearSum() for _ in range(count)]
        self.filled = [LinearSum() for _ in range(count)]
        self.drained = [LinearSum() for _ in range(count)]
        self.awake = [[] for _ in range(count)]
