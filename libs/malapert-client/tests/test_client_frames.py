"""Models as tables."""

from datetime import UTC, datetime

from malapert_client.frames import table
from malapert_http_models.contracts.vocabulary import Interval


def test_times_are_timestamps_in_utc():
    start, end = datetime(2029, 1, 10, tzinfo=UTC), datetime(2029, 1, 10, 6, tzinfo=UTC)
    frame = table([Interval(start_time=start, end_time=end)] * 2)
    assert list(frame.columns) == ["start_time", "end_time"]
    assert str(frame["start_time"].dt.tz) == "UTC"
    assert ((frame["end_time"] - frame["start_time"]).dt.total_seconds() == 6 * 3600).all()
    assert table([]).empty
