"""The timeline of a plan in a notebook, and what it and the pages of reports draw from."""
