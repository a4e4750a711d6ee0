"""Parameters, read without HTTP."""

from __future__ import annotations

import pytest

from api.deps import parse_count
from yzgeo.errors import ParameterError


def test_counts_within_their_limits() -> None:
    assert parse_count("limit", "10", least=1, most=10) == 10
    for text in ("0", "11", "", "-1", "1e1", " 1", "１", "9" * 40):
        with pytest.raises(ParameterError):
            parse_count("limit", text, least=1, most=10)
