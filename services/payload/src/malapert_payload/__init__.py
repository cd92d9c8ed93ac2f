"""Payload of Malapert: instruments, activity types, requests."""
