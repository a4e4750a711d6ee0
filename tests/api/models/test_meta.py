"""The shape of a refusal."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from api import models

WORDS = dict.fromkeys(("type", "title", "code", "detail", "detail_en", "remedy", "remedy_en"), "x")


def test_a_problem_may_carry_facts() -> None:
    assert models.Problem.model_validate({**WORDS, "status": 404, "layer": "road"}).model_extra == {"layer": "road"}


@pytest.mark.parametrize("missing", sorted(WORDS))
def test_a_problem_says_everything_in_both_languages(missing: str) -> None:
    shape = {name: word for name, word in WORDS.items() if name != missing}
    with pytest.raises(ValidationError, match=missing):
        models.Problem.model_validate({**shape, "status": 404})
