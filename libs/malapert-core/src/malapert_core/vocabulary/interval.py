"""Half-open intervals of UTC time."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Interval:
    """A half-open interval of UTC time, [start_time, end_time); a reversed one exists until validation refuses it."""

    start_time: datetime
    end_time: datetime

    @property
    def duration_s(self) -> float:
        """Length in seconds, negative when reversed."""
        return (self.end_time - self.start_time).total_seconds()
