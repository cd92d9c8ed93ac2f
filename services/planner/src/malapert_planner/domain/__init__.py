"""Pure planning: missions, problems, plans, validation, explanation."""
