"""Models of what the gateway itself owns; those of the services' messages are generated from the contracts."""
