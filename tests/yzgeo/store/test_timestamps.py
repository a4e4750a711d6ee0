"""Times as text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from yzgeo.store import timestamps

CHINA = timezone(timedelta(hours=8))


def test_both_spellings() -> None:
    moment = datetime(2024, 1, 2, 8, 0, 0, 123456, tzinfo=CHINA)
    assert timestamps.standard(moment) == "2024-01-02T00:00:00.123Z"
    assert timestamps.precise(moment) == "2024-01-02T00:00:00.123456+00:00"


def test_whole_seconds_keep_their_length() -> None:
    assert timestamps.precise(datetime(2024, 1, 2, tzinfo=UTC)) == "2024-01-02T00:00:00.000000+00:00"
    assert timestamps.standard(datetime(2024, 1, 2, tzinfo=UTC)) == "2024-01-02T00:00:00.000Z"


@given(*[st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.sampled_from([UTC, CHINA]))] * 2)  # noqa: DTZ001
def test_text_order_is_time_order(one: datetime, other: datetime) -> None:
    assert (timestamps.precise(one) < timestamps.precise(other)) == (one < other)
    assert datetime.fromisoformat(timestamps.precise(one)) == one
