"""Sunlight and Earth visibility at points and over whole maps."""
