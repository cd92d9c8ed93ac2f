"""Messages as domain values and back, where their shapes differ."""
