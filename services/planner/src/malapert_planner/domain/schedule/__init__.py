"""Schedules, and what a solve returns with one."""
