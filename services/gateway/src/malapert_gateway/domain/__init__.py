"""Domain of the gateway: keys of agencies, and the permissions of roles."""
