"""Commands by noun and verb, one for each operation of the API."""
