"""Computing windows and reading them."""
