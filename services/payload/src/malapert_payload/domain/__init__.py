"""Instruments, activity types and requests: values, rules and decisions without any input or output."""
