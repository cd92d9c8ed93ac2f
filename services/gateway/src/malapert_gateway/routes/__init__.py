"""Routes of the HTTP API, one module per subject; they only translate."""
