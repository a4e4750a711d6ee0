"""What a phone sends."""

from __future__ import annotations

from uuid import uuid4

import pytest
from pydantic import ValidationError

from api.models.sync import SyncEvent, SyncSent

EVENT = {
    "id": str(uuid4()),
    "layer": "shantytown_parcel",
    "uid": "x",
    "kind": "note",
    "valid_at": "2024-07-01T09:00:00+08:00",
    "payload": {"text": "看过"},
}


def test_an_entry_names_its_feature() -> None:
    assert SyncEvent.model_validate(EVENT).layer == "shantytown_parcel"
    with pytest.raises(ValidationError):
        SyncEvent.model_validate({key: value for key, value in EVENT.items() if key != "uid"})


def test_a_shapeless_entry_does_not_spoil_the_others() -> None:
    assert len(SyncSent.model_validate({"events": [{"id": 1}, EVENT]}).events) == 2
    with pytest.raises(ValidationError):
        SyncSent.model_validate({"events": [EVENT] * 101})
