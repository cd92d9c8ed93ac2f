"""How often work is begun that its process does not survive: operations and jobs have one limit."""

MAX_ATTEMPTS = 10
"""Deaths of the process after which work is taken to be what kills it. Three come in a bad hour as well: a
campaign of faults, one every twelve seconds, failed four of seven plans by that limit."""
