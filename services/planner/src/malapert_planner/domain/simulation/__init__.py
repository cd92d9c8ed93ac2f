"""A schedule replayed exactly: where the asset is, its battery, storage and reservoirs, and what reaches the ground."""
