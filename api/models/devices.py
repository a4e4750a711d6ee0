"""Phones of the field."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel


class DeviceTold(BaseModel):
    """A phone in the hands of an account; shut out since ``revoked_at``."""

    id: str
    label: str
    actor: str
    first_seen: datetime
    last_seen: datetime
    revoked_at: datetime | None
    revoked_by: str | None


class Devices(BaseModel):
    """Phones, latest seen first."""

    devices: list[DeviceTold]


class DeviceRevoked(BaseModel):
    """For how many accounts the phone was not shut out yet."""

    revoked: int
