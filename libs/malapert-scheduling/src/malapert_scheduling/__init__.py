"""Engines for projects under scarce resources, and for antenna time that missions share."""
