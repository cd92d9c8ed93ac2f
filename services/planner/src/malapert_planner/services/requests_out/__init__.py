"""What a mission document asks of the other services."""
