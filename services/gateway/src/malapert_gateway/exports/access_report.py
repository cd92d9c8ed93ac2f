"""Windows as access reports in the manner of STK: what reaches what when, and azimuth, elevation and range along it.

Times are UTCG: day, month, year and time of day in milliseconds, UTC. Columns stand two blanks apart and are as wide as
what is in them; no cell has two blanks in a row.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from malapert_core.documents.plain_text import one_line
from malapert_http_models.contracts.comms_window import Profile, Window, WindowKind

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ACCESS = ("Access", "Start Time (UTCG)", "Stop Time (UTCG)", "Duration (sec)")
_AER = ("Time (UTCG)", "Azimuth (deg)", "Elevation (deg)", "Range (km)")
_VIEWS = (("station_azimuth_deg", "station_elevation_deg"), ("azimuth_deg", "elevation_deg"))
"""Where the station looks to, and where that is not known where the place on the Moon looks to."""
_HALF = timedelta(microseconds=500)
_LATEST = datetime.max.replace(tzinfo=UTC) - _HALF
Row = tuple[str, ...]


def access_report(window_set_id: str, windows: Sequence[Window], now: datetime) -> bytes:
    """Return the windows of every pair with their least, longest, mean and total durations."""
    lines = [utcg(now), f"{one_line(window_set_id)}: Access Summary Report", ""]
    for name, group in _pairs(windows):
        rows = [_access_row(str(number), each) for number, each in enumerate(group, 1)]
        lines += [name, "-" * len(name), *_columns(_ACCESS, [*rows, *_statistics(group)], len(rows)), ""]
    return _text(lines)


def aer_report(window_set_id: str, windows: Sequence[Window], now: datetime) -> bytes:
    """Return azimuth, elevation and range of the windows that have them, at the samples of their azimuths.

    They are those at which the station sees the place or orbiter, and else those at which the place sees the other end.
    """
    lines = [utcg(now), f"{one_line(window_set_id)}: AER", ""]
    for name, group in _pairs(windows):
        rows = [row for each in group for row in _aer_rows(each)]
        if rows:
            lines += [name, "-" * len(name), *_columns(_AER, rows, len(rows)), ""]
    return _text(lines)


def utcg(time: datetime) -> str:
    """Return a time such as ``10 Jan 2029 00:00:00.000``, rounded to the millisecond."""
    utc = time.astimezone(UTC)
    utc += _HALF if utc < _LATEST else timedelta(0)
    return f"{utc.day} {_MONTHS[utc.month - 1]} {utc.year:04d} {utc:%H:%M:%S}.{utc.microsecond // 1000:03d}"


def _pairs(windows: Sequence[Window]) -> list[tuple[str, list[Window]]]:
    found: dict[str, list[Window]] = {}
    for window in windows:
        ends = "-To-".join(filter(None, map(one_line, (window.place_id, window.orbiter_id, window.station_id))))
        found.setdefault(f"{ends} ({_what(window)})", []).append(window)
    return sorted(found.items())


def _what(window: Window) -> str:
    """Return the kind of a window, of shares of the solar disc with the share: those of a smaller one lie around it.

    Without profiles it is in the window's identifier alone, ``place:sun_share:0.5:0001``.
    """
    if window.kind is not WindowKind.SUN_SHARE:
        return str(window.kind)
    share = window.window_id.rpartition(":")[0].rpartition(":")[2]
    return f"{window.kind} {one_line(share)}"


def _access_row(label: str, window: Window) -> Row:
    start, stop = window.interval.start_time, window.interval.end_time
    return label, utcg(start), utcg(stop), f"{_duration_s(window):.3f}"


def _duration_s(window: Window) -> float:
    return (window.interval.end_time - window.interval.start_time).total_seconds()


def _statistics(group: Sequence[Window]) -> list[Row]:
    total_s = sum(map(_duration_s, group))
    return [
        _access_row("Min Duration", min(group, key=_duration_s)),
        _access_row("Max Duration", max(group, key=_duration_s)),
        ("Mean Duration", "", "", f"{total_s / len(group):.3f}"),
        ("Total Duration", "", "", f"{total_s:.3f}"),
    ]


def _aer_rows(window: Window) -> Iterator[Row]:
    profiles = {profile.quantity: profile for profile in window.profiles}
    range_ = profiles.get("range_km")
    for azimuth_name, elevation_name in _VIEWS:
        azimuth, elevation = profiles.get(azimuth_name), profiles.get(elevation_name)
        if azimuth and elevation and range_:
            for offset_s, value in zip(azimuth.offset_s, azimuth.value, strict=True):
                time = window.interval.start_time + timedelta(seconds=offset_s)
                figures = (value, value_at(elevation, offset_s), value_at(range_, offset_s))
                yield utcg(time), *(f"{figure:.6f}" for figure in figures)
            return


def value_at(profile: Profile, offset_s: float) -> float:
    """Return a quantity at a moment, linear between samples and held outside of them."""
    offsets, values = profile.offset_s, profile.value
    after = bisect_right(offsets, offset_s)
    if after in (0, len(offsets)):
        return values[0] if after == 0 else values[-1]
    share = (offset_s - offsets[after - 1]) / (offsets[after] - offsets[after - 1])
    return values[after - 1] + share * (values[after] - values[after - 1])


def _columns(header: Row, rows: Sequence[Row], count: int) -> list[str]:
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    written = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in (header, *rows)]
    rule = "  ".join("-" * width for width in widths)
    rest = written[count + 1 :]
    return [written[0], rule, *written[1 : count + 1], *(["", "Global Statistics", *rest] if rest else [])]


def _text(lines: Sequence[str]) -> bytes:
    return ("\n".join(lines).rstrip("\n") + "\n").encode()
