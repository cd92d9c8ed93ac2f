"""The command malapert: a client of the HTTP API, and the local supervisor malapert up."""
