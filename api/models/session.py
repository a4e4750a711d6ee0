"""Signing in."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from yzgeo.access import Role


class Credentials(BaseModel):
    """Name and password."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100)
    password: str = Field(min_length=1, max_length=1000)


class Me(BaseModel):
    """Who is asking; anonymous if not signed in."""

    name: str | None
    role: Role
    subdistricts: list[str]


class SignedIn(Me):
    """A new session. The token is for programs; browsers use the cookie that comes with it."""

    token: str
    expires_at: str
