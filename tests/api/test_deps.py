"""Parameters, read without HTTP."""

from __future__ import annotations

import pytest

from api.deps import parse_bbox, parse_count
from yzgeo.errors import ParameterError


def test_a_box_of_two_or_three_dimensions() -> None:
    assert parse_bbox("1,2,3,4") == (1, 2, 3, 4)
    assert parse_bbox("1,2,0,3,4,9") == (1, 2, 3, 4)


@pytest.mark.parametrize(
    "text", ["", "1,2,3", "1,2,3,4,5", "3,2,1,4", "1,4,3,2", "1,2,inf,4", "nan,2,3,4", "-181,0,0,0"]
)
def test_what_is_no_box(text: str) -> None:
    with pytest.raises(ParameterError):
        parse_bbox(text)


def test_counts_within_their_limits() -> None:
    assert parse_count("limit", "10", least=1, most=10) == 10
    for text in ("0", "11", "", "-1", "1e1", " 1", "１", "9" * 40):
        with pytest.raises(ParameterError):
            parse_count("limit", text, least=1, most=10)
