"""Test support: a real NATS server, both databases, and services in the test's own process."""
