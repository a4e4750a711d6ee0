"""What lets people and programs in: sessions and tokens. A token is shown once; the store keeps its hash."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from yzgeo.access import ROLES, Caller, Role
from yzgeo.errors import NotFoundError, ParameterError
from yzgeo.store.base import Account, Store
from yzgeo.store.grants import grant_id
from yzgeo.store.people import AuditKind, Grant, GrantKind

from .accounts import By

MOST_DAYS = 366
_LONGEST_LABEL = 100


@dataclass(frozen=True, slots=True)
class Opened:
    """A fresh grant with the only copy of its token."""

    token: str
    grant: Grant
    caller: Caller


def hash_token(token: str) -> str:
    """
    Hash a token for storage. Tokens are 32 random bytes, so a plain fast hash is enough.

    Parameters
    ----------
    token
        The token.

    Returns
    -------
    str
        SHA-256, hexadecimal.
    """
    return sha256(token.encode()).hexdigest()


def caller_from(account: Account) -> Caller:
    """
    Tell as whom an account asks.

    Parameters
    ----------
    account
        The account.

    Returns
    -------
    Caller
        Its role, name and street offices; anonymous for a role this program does not know.
    """
    role: Role = next((role for role in ROLES if role == account.role), "anonymous")
    return Caller(role, account.name, tuple(account.subdistricts))


def open_session(store: Store, account: Account, *, hours: float, by: By, how: str = "password") -> Opened:
    """
    Start a session for a person.

    Parameters
    ----------
    store
        Where sessions are kept.
    account
        Whose session it is.
    hours
        How long it lasts.
    by
        Who signs in, from where.
    how
        What proved it, for the audit.

    Returns
    -------
    Opened
        With the only copy of the token.
    """
    return _open(store, account, ("session", ""), timedelta(hours=hours), by, how=how)


def make_token(store: Store, account: Account, *, label: str, days: float, by: By) -> Opened:
    """
    Make a token for a program, with all that its account may do.

    Parameters
    ----------
    store
        Where tokens are kept.
    account
        Whose token it is.
    label
        What it is for, for instance ``QGIS``.
    days
        How long it lasts, at most `MOST_DAYS`.
    by
        Who makes it, from where.

    Returns
    -------
    Opened
        With the only copy of the token.

    Raises
    ------
    ParameterError
        If the label or the number of days cannot be used.
    """
    name = label.strip()
    if not name or len(name) > _LONGEST_LABEL:
        raise ParameterError(
            name="name", reason_zh="请写用途，最多 100 个字", reason_en="say what it is for, at most 100 characters"
        )
    if not 0 < days <= MOST_DAYS:
        raise ParameterError(
            name="expires_in_days", reason_zh=f"应为 1 到 {MOST_DAYS} 天", reason_en=f"from 1 to {MOST_DAYS} days"
        )
    return _open(store, account, ("token", name), timedelta(days=days), by, days=days)


def list_grants(store: Store, kind: GrantKind, account: str | None) -> list[Grant]:
    """
    List sessions or tokens in force.

    Parameters
    ----------
    store
        Where they are kept.
    kind
        Which of the two.
    account
        Only of this account; of all if not given.

    Returns
    -------
    list of Grant
        Newest first.
    """
    return [each for each in store.people.grants(account, now=datetime.now(UTC)) if each.kind == kind]


def revoke(store: Store, kind: GrantKind, identifier: str, *, account: str | None, by: By) -> Grant:
    """
    Take a session or a token back.

    Parameters
    ----------
    store
        Where they are kept.
    kind
        Which of the two.
    identifier
        Its id in the list.
    account
        Only if it is this account's; whosever it is if not given.
    by
        Who does it.

    Returns
    -------
    Grant
        What was taken back.

    Raises
    ------
    NotFoundError
        If there is none, or it is somebody else's: the two answers are the same.
    """
    for grant in list_grants(store, kind, account):
        if grant.id == identifier:
            told: AuditKind = "token_revoked" if kind == "token" else "session_revoked"
            deed = by.deed(told, grant.account, id=grant.id, label=grant.label)
            if store.people.drop_grants(grant.account, ids=[grant.id], deed=deed):
                return grant
    raise NotFoundError(what=identifier)


def sign_out(store: Store, token: str, *, address: str = "") -> None:
    """
    End the session, or take back the token, that was sent; nothing happens where there is none.

    Parameters
    ----------
    store
        Where they are kept.
    token
        The token.
    address
        Where the request comes from.
    """
    held = store.people.holder(hash_token(token), now=datetime.now(UTC))
    if held is not None:
        account, grant = held
        by = By(account.name, account.role, address)
        store.people.drop_grants(account.name, ids=[grant.id], deed=by.deed("sign_out", account.name, id=grant.id))


def describe_grants(grants: Sequence[Grant]) -> list[dict[str, Any]]:
    """
    Describe sessions or tokens for people and programs.

    Parameters
    ----------
    grants
        What is to be described.

    Returns
    -------
    list of dict
        ``id``, ``account``, ``name``, ``address``, ``created_at``, ``expires_at`` and ``last_used_at``.
    """
    return [
        {
            "id": each.id,
            "account": each.account,
            "name": each.label,
            "address": each.address,
            "created_at": each.created_at and each.created_at.isoformat(),
            "expires_at": each.expires_at.isoformat(),
            "last_used_at": each.last_used_at and each.last_used_at.isoformat(),
        }
        for each in grants
    ]


def _open(
    store: Store, account: Account, what: tuple[GrantKind, str], lasting: timedelta, by: By, **details: Any
) -> Opened:
    kind, label = what
    token = secrets.token_urlsafe(32)
    hashed, now = hash_token(token), datetime.now(UTC)
    grant = Grant(grant_id(hashed), kind, account.name, label, by.address, now, now + lasting, None)
    told = {"id": grant.id, **({"label": label} if label else {}), **details}
    deed = by.deed("sign_in" if kind == "session" else "token_made", account.name, **told)
    store.people.put_grant(hashed, grant, deed=deed)
    return Opened(token, grant, caller_from(account))
