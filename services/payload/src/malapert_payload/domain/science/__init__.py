"""What requests are worth at places."""
