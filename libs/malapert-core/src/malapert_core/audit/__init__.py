"""Audit: who changed what, for which agency, in a chain of hashes from which nothing can be taken unseen."""
