"""Fair shares: who is served next, whatever the order of asking."""
