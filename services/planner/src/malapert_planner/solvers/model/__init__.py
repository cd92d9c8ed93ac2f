"""The CP-SAT model of a scope of a problem, a file a family of rules."""
