"""Shapes of OGC API Processes."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from api.models.processes import Execution


def test_an_execution_may_carry_what_other_clients_send() -> None:
    sent = Execution.model_validate({"inputs": {"circle": "x"}, "subscriber": {"successUri": "http://x"}})
    assert sent.inputs == {"circle": "x"}
    assert sent.outputs is None
    with pytest.raises(ValidationError):
        Execution.model_validate({"response": "smoke"})
