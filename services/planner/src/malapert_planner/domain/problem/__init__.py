"""The planning problem: what is given, and what its parts mean, for solver, validator and explanations alike."""
