"""What is sent about scenarios."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from api.models.scenarios import ScenarioChanged, ScenarioSent


def test_what_is_left_out_is_not_changed() -> None:
    assert ScenarioChanged.model_validate({"title": "甲"}).changes is None


@pytest.mark.parametrize(
    "sent", [{}, {"title": ""}, {"title": "甲", "changes": [{"kind": "fly"}]}, {"title": "甲", "x": 1}]
)
def test_shapeless_scenarios_are_refused(sent) -> None:
    with pytest.raises(ValidationError):
        ScenarioSent.model_validate(sent)
