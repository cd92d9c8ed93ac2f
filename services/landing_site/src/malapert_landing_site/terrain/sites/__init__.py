"""The search for landing sites."""
