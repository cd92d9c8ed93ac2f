"""What teams ask for: requests, their life, who sees them, what became of them."""
