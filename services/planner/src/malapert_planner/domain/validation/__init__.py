"""The independent validator: every rule, and the objective of a schedule, computed without the solver."""
