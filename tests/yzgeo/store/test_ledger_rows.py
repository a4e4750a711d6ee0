"""Events survive the table: what is read hashes like what was written."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.yzgeo.store.ledger_samples import event
from yzgeo.ledger import GENESIS, Place, digest, sealed
from yzgeo.store.ledger_rows import from_row, to_row

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(
    st.dictionaries(TEXT, JSON, max_size=4),
    st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001
    st.sampled_from([UTC, timezone(timedelta(hours=8)), ZoneInfo("Asia/Shanghai"), timezone(timedelta(hours=-3.5))]),
    st.none() | st.builds(Place, st.floats(-180, 180), st.floats(-90, 90), st.none() | st.floats(0, 1e4)),
)
def test_what_is_read_hashes_like_what_was_written(payload, moment, zone, place) -> None:
    told = replace(event(1), payload=payload, valid_at=moment.replace(tzinfo=zone), place=place)
    kept = sealed(told, GENESIS, datetime(2024, 5, 1, tzinfo=UTC))
    row = to_row(kept)
    again = from_row(row)
    assert digest(again) == kept.hash
    assert to_row(again) == row
    assert again.valid_at == kept.valid_at


@pytest.mark.parametrize("column", [4, 5, 8, 10])
def test_nonsense_is_an_error_of_value(column: int) -> None:
    row = list(to_row(sealed(event(1), GENESIS, datetime(2024, 5, 1, tzinfo=UTC))))
    row[column] = "nonsense"
    with pytest.raises(ValueError):  # noqa: PT011 - several parsers speak
        from_row(row)
