"""Use cases of the gateway: keys, admission, the event feed, and calls to the services."""
