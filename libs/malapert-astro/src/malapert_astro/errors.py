"""Errors of the numerics: each says what was asked, where, and what is allowed."""


class NaiveDatetimeError(ValueError):
    """A datetime without a time zone: nobody can say which instant it means."""


class KernelError(ValueError):
    """A kernel file is missing, damaged, or of a kind that cannot be read."""


class EphemerisSpanError(ValueError):
    """An epoch lies outside the span that a kernel covers."""
