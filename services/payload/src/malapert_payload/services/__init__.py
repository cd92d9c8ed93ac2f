"""Use cases of the payload service."""
