"""Documents and tables that come from outside: JSON, YAML, XML and CSV, read strictly, each fault with its place."""
