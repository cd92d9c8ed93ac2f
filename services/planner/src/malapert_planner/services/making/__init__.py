"""Making a plan: what the services say, the problem built of it, the draft put together."""
