"""What is told of a phone."""

from __future__ import annotations

from api.models import DeviceTold

TOLD = {
    "id": "x",
    "label": "?",
    "actor": "wang",
    "first_seen": "2024-07-01T09:00:00+08:00",
    "last_seen": "2024-07-01T09:00:00+08:00",
    "revoked_at": None,
    "revoked_by": None,
}


def test_a_phone_that_may_come_in_has_no_date_of_its_end() -> None:
    assert DeviceTold.model_validate(TOLD).revoked_at is None
    assert DeviceTold.model_validate({**TOLD, "revoked_at": TOLD["last_seen"]}).revoked_at is not None
