"""Signing in, what lets one in, accounts and the audit."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from yzgeo.access import Role
from yzgeo.catalogue import Label
from yzgeo.store.people import AuditKind


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


class PasswordChange(BaseModel):
    """One's own password, before and after."""

    model_config = ConfigDict(extra="forbid")

    current: str = Field(min_length=1, max_length=1000)
    new: str = Field(min_length=1, max_length=1000)


class GrantTold(BaseModel):
    """A session or a token in force; ``id`` names it and opens nothing. ``current``: the one this request came with."""

    id: str
    account: str
    name: str
    address: str
    created_at: str | None
    expires_at: str
    last_used_at: str | None
    current: bool


class Sessions(BaseModel):
    """Sessions of people, newest first."""

    sessions: list[GrantTold]


class Tokens(BaseModel):
    """Tokens of programs, newest first."""

    tokens: list[GrantTold]


class TokenWanted(BaseModel):
    """What a token is for, and how long it lasts."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100)
    expires_in_days: float = Field(90, gt=0, le=366)


class TokenMade(GrantTold):
    """A new token: ``token`` is shown this once."""

    token: str


class AccountTold(BaseModel):
    """An account; ``external`` means that another service vouches for the person."""

    name: str
    role: Role
    subdistricts: list[str]
    disabled: bool
    external: bool


class Accounts(BaseModel):
    """Every account, by name."""

    accounts: list[AccountTold]


class AccountWanted(BaseModel):
    """A new account; without a password one is made and shown once."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=64)
    role: str = Field(max_length=20)
    subdistricts: list[str] = Field([], max_length=100)
    password: str | None = Field(None, min_length=1, max_length=1000)


class AccountMade(AccountTold):
    """A new account; ``password`` only if it was made here, and only this once."""

    password: str | None


class AccountChange(BaseModel):
    """What is to change; the rest stays."""

    model_config = ConfigDict(extra="forbid")

    role: str | None = Field(None, max_length=20)
    subdistricts: list[str] | None = Field(None, max_length=100)
    disabled: bool | None = None
    password: str | None = Field(None, min_length=1, max_length=1000)


class AuditLineTold(BaseModel):
    """Who did what, when and from where; ``actor`` is null for anonymous."""

    number: int
    at: str
    kind: AuditKind
    label: Label
    actor: str | None
    role: str | None
    address: str | None
    subject: str | None
    details: dict[str, Any]


class ExportTold(BaseModel):
    """A file that the page makes out of what it shows."""

    model_config = ConfigDict(extra="forbid")

    file: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")
    format: Literal["CSV", "XLSX", "PNG"]
    rows: int | None = Field(None, ge=0, le=10_000_000)


class Audit(BaseModel):
    """Lines of the audit, newest first; ``before`` asks for the next page, null at the end."""

    lines: list[AuditLineTold]
    before: int | None
