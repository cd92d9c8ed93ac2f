"""The independent validator: every rule, and what a schedule is worth, worked out without the solver."""
