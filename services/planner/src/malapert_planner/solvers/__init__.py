"""CP-SAT models of the planning problem. The only package that imports ortools."""
