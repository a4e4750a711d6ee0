"""What a person may decide at the import desk."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from api import models


def test_only_what_was_sent_counts_as_decided() -> None:
    change = models.ImportChange.model_validate({"crs": "EPSG:4529", "encoding": None})
    assert change.model_dump(exclude_unset=True) == {"crs": "EPSG:4529", "encoding": None}


@pytest.mark.parametrize(
    "wrong",
    [
        {"actor": "somebody else"},
        {"mode": "append"},
        {"data_status": "rumoured"},
        {"datum": {"kind": "seven", "convention": "either"}},
        {"datum": {"kind": "points", "points": [{"source": [1.0], "target": [1.0, 2.0]}]}},
        {"columns": ["编号"]},
    ],
)
def test_nothing_else_is_taken(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        models.ImportChange.model_validate(wrong)
