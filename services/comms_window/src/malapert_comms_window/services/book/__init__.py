"""The contact book: reserving, committing, giving back, alternates, outages."""
