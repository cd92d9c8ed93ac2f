"""Errors of the numerical library: each states the request, the place of the fault, and the allowed values."""


class NaiveDatetimeError(ValueError):
    """A datetime without a time zone: nobody can say which instant it means."""


class KernelError(ValueError):
    """A kernel file is missing, damaged, or of a kind that cannot be read."""


class EphemerisSpanError(ValueError):
    """An epoch lies outside the span that a kernel covers."""
