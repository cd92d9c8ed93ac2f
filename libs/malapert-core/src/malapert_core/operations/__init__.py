"""Long work that is stored before it begins, and told of while it lasts."""
