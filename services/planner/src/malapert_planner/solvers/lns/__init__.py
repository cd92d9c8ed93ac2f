"""Ruin and recreate: spans of a schedule under construction are emptied and filled anew."""
