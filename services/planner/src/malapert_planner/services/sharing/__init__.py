"""What agencies see of a plan, and the proof that it is of the whole: content in parts, sealed, redacted."""
