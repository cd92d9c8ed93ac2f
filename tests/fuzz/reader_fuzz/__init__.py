"""Structured mutations of valid files, and what a reader may do with them: succeed rightly, or refuse clearly."""
