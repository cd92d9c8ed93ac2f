"""Use cases of the windows and of the contact book."""
