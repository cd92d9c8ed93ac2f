"""Static explanations: reasons, seen without a search, for which a request cannot be planned at all."""
