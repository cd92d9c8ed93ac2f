"""Values and rules of windows, links and contacts: no transport, no storage, no ephemeris."""
