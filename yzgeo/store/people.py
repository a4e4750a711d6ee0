"""People and programs that come in: accounts, what lets them in, and the audit of it.

Every change of an account or of a grant is stored in one transaction with the line of the audit that tells of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, get_args, runtime_checkable

GrantKind = Literal["session", "token"]
AuditKind = Literal[
    "sign_in",
    "sign_in_refused",
    "sign_in_locked",
    "sign_out",
    "session_revoked",
    "token_made",
    "token_revoked",
    "account_made",
    "account_changed",
    "account_disabled",
    "account_enabled",
    "password_changed",
    "download",
    "export",
    "import",
    "import_undone",
    "conflict_decided",
    "device_registered",
    "device_revoked",
    "unsent_imported",
]
AUDIT_KINDS: tuple[AuditKind, ...] = get_args(AuditKind)


@dataclass(frozen=True, slots=True)
class Account:
    """A person who may sign in. ``subdistricts`` limits a field role to its own street offices.

    ``origin`` is the issuer and subject of another service that vouches for the person, empty where a password does.
    """

    name: str
    role: str
    subdistricts: tuple[str, ...] = ()
    password_hash: str = ""
    disabled: bool = False
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """What lets someone in until it runs out or is taken back: a person's session or a program's token.

    ``id`` names it in lists; nobody can sign in with it.
    """

    id: str
    kind: GrantKind
    account: str
    label: str
    address: str
    created_at: datetime | None
    expires_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Deed:
    """What the audit is to remember: who (empty for anonymous), in which role, from where, did what to what."""

    kind: AuditKind
    actor: str = ""
    role: str = ""
    address: str = ""
    subject: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditLine:
    """A deed with its place in the audit, from 1, and its time."""

    number: int
    at: datetime
    deed: Deed


@runtime_checkable
class PeopleStore(Protocol):
    """Who may come in and who did."""

    def put_account(self, account: Account, *, deed: Deed) -> None:
        """Create or replace an account; a new password or disabling it ends every grant it has."""

    def from_origin(self, origin: str) -> Account | None:
        """Get the account that another service vouches for."""

    def put_grant(self, token_hash: str, grant: Grant, *, deed: Deed) -> None:
        """Let someone in by the hash of a token."""

    def holder(self, token_hash: str, *, now: datetime) -> tuple[Account, Grant] | None:
        """Get who holds a grant that has neither run out nor been taken back, of an account that is not disabled."""

    def grants(self, account: str | None = None, *, now: datetime) -> Sequence[Grant]:
        """List the grants in force, of one account or of all, newest first."""

    def drop_grants(self, account: str, *, ids: Sequence[str] | None = None, deed: Deed) -> int:
        """Take grants of an account back, all of them if none is named; return how many there were."""

    def used(self, moments: Mapping[str, datetime]) -> None:
        """Note when grants were used last, by the hash of their token."""

    def note(self, deed: Deed) -> AuditLine:
        """Add a line to the audit."""

    def audit(
        self,
        limit: int,
        *,
        before: int | None = None,
        since: datetime | None = None,
        actor: str | None = None,
        kind: str | None = None,
    ) -> Sequence[AuditLine]:
        """List lines of the audit, newest first, below the number ``before``."""
