"""Jobs on a work queue: having them done, and doing them."""
