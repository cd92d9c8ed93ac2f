"""Use cases: taking missions, making plans, and their life."""
