"""What the gateway itself owns: keys of agencies, and what a role may do."""
