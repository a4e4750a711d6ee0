"""A decision needs a reason, a side and the state it was made on."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from api.models import DecisionSent

GOOD = {"keep": "both", "reason": "两次签约", "office_revision": 7}


def test_a_decision_is_read() -> None:
    assert DecisionSent.model_validate(GOOD).keep == "both"


@pytest.mark.parametrize(
    "changed", [{"keep": "neither"}, {"reason": ""}, {"office_revision": -1}, {"office_revision": 2**63}, {"more": 1}]
)
def test_anything_else_is_not(changed: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        DecisionSent.model_validate(GOOD | changed)
