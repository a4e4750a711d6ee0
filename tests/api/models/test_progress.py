"""What may be sent to the ledger."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from api import models

SENT: dict[str, Any] = {
    "id": str(UUID(int=7)),
    "kind": "transition",
    "valid_at": "2024-07-01T10:00:00+08:00",
    "payload": {"to": "surveyed"},
}


def test_an_event_needs_no_more_than_what_happened() -> None:
    event = models.EventSent.model_validate(SENT)
    assert (event.payload_version, event.base_revision, event.place) == (1, None, None)
    assert event.valid_at.utcoffset() is not None


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "seven"},
        {"kind": "opening"},
        {"valid_at": "yesterday"},
        {"base_revision": -1},
        {"payload_version": 0},
        {"place": {"lon": 1.0, "lat": 1.0, "accuracy_m": -5}},
        {"actor": "somebody else"},
        {"hash": "0" * 64},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_an_event_says_nothing_for_the_office_to_decide(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        models.EventSent.model_validate({**SENT, **wrong})
