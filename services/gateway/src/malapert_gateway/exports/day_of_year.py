"""Times of schedules: the year, the day of the year and the time of day, UTC."""

from datetime import UTC, datetime


def year_and_day(time: datetime) -> tuple[str, str]:
    """Return the year in four digits and the day of the year in three."""
    utc = time.astimezone(UTC)
    return f"{utc.year:04d}", f"{utc:%j}"


def day_of_year_time(time: datetime, least_decimals: int = 0) -> str:
    """Return a time such as 2029-015T00:00:00Z, with as many decimals as it needs, and no fewer than asked."""
    return f"{'-'.join(year_and_day(time))}T{time.astimezone(UTC):%H:%M:%S}{decimals_of(time, least_decimals)}Z"


def decimals_of(time: datetime, least: int = 0) -> str:
    """Return the decimals of a time's seconds, point first, without zeros at the end; empty where there are none."""
    found = f"{time.microsecond:06d}".rstrip("0").ljust(least, "0")
    return f".{found}" if found else ""
