"""Shapes of runs."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from api.models.runs import RunSent, Share


def test_a_question_names_its_analysis() -> None:
    assert RunSent.model_validate({"analysis": "siting", "parameters": {}}).analysis == "siting"
    for wrong in ({"analysis": "magic", "parameters": {}}, {"analysis": "siting"}, {"parameters": {}}):
        with pytest.raises(ValidationError):
            RunSent.model_validate(wrong)


def test_a_share_may_be_withheld() -> None:
    assert Share.model_validate({"covered": None, "total": None, "share": None}).share is None
