"""The models describe what is sent; that the answers fit them is tested with each route."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from api import models


def test_credentials_take_nothing_else() -> None:
    with pytest.raises(ValidationError):
        models.Credentials.model_validate({"name": "a", "password": "b", "role": "admin"})


def test_a_problem_may_carry_facts() -> None:
    shape = dict.fromkeys(("type", "title", "code", "detail", "detail_en", "remedy", "remedy_en"), "x")
    assert models.Problem.model_validate({**shape, "status": 404, "layer": "road"}).model_extra == {"layer": "road"}
