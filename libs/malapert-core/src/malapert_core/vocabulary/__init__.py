"""Values that every domain speaks of: figures, intervals, points and what a result was made from."""
