"""What is asked of somebody who signs in."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from api import models


def test_credentials_take_nothing_else() -> None:
    with pytest.raises(ValidationError):
        models.Credentials.model_validate({"name": "a", "password": "b", "role": "admin"})


@pytest.mark.parametrize("wrong", [{"name": ""}, {"name": "n" * 101}, {"password": ""}, {"password": "p" * 1001}])
def test_credentials_are_bounded(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        models.Credentials.model_validate({"name": "a", "password": "b", **wrong})
