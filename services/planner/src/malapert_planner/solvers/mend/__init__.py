"""The least further changes by which an edited schedule keeps every rule."""
