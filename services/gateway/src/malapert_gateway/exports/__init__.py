"""Files that agencies take away."""
