"""Accounts and signed-in sessions."""

# ruff: noqa: S608 - names go through identifiers.quote, values are bound

from __future__ import annotations

import json
from datetime import datetime

from yzgeo.access import ROLES
from yzgeo.errors import InputError, NotFoundError

from . import timestamps
from .dialect import Connection
from .people import Account

_COLUMNS = "name, role, subdistricts, password_hash, disabled, origin"
SESSION = (
    f"SELECT {_COLUMNS} FROM yzgeo_account JOIN yzgeo_session ON account = name "
    "WHERE token_hash = ? AND expires_at > ? AND disabled = 0"
)
"""Asks for the account of a session, given the hash of its token and the present time; see `account_of`."""


def everyone(connection: Connection) -> list[Account]:
    """
    List the accounts.

    Parameters
    ----------
    connection
        A reader.

    Returns
    -------
    list of Account
        By name.
    """
    found = connection.execute(f"SELECT {_COLUMNS} FROM yzgeo_account ORDER BY name").fetchall()
    return [account_of(row) for row in found]


def find(connection: Connection, name: str) -> Account | None:
    """
    Get one account.

    Parameters
    ----------
    connection
        A reader.
    name
        Its name.

    Returns
    -------
    Account or None
        The account.
    """
    row = connection.execute(f"SELECT {_COLUMNS} FROM yzgeo_account WHERE name = ?", (name,)).fetchone()
    return None if row is None else account_of(row)


def from_origin(connection: Connection, origin: str) -> Account | None:
    """
    Get the account that another service vouches for.

    Parameters
    ----------
    connection
        A reader.
    origin
        Issuer and subject.

    Returns
    -------
    Account or None
        The account; never one that a password opens.
    """
    found = connection.execute(f"SELECT {_COLUMNS} FROM yzgeo_account WHERE origin = ? AND origin != ''", (origin,))
    row = found.fetchone()
    return None if row is None else account_of(row)


def put(connection: Connection, account: Account) -> None:
    """
    Create or replace an account. A new password or disabling it ends its sessions.

    Parameters
    ----------
    connection
        The writer, inside a transaction.
    account
        The account.

    Raises
    ------
    InputError
        If the name is empty or the role is none that can sign in.
    """
    if not account.name.strip() or account.role not in ROLES or account.role == "anonymous":
        raise InputError(
            what=account.name or "account",
            reason_zh=f"需要名称，角色只能是 {'、'.join(ROLES[1:])}。",
            reason_en=f"it needs a name, and a role among {', '.join(ROLES[1:])}.",
        )
    before = find(connection, account.name)
    if before is not None and (account.disabled or before.password_hash != account.password_hash):
        connection.execute("DELETE FROM yzgeo_session WHERE account = ?", (account.name,))
    connection.execute(
        f"INSERT INTO yzgeo_account ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET "
        "role = excluded.role, subdistricts = excluded.subdistricts, password_hash = excluded.password_hash, "
        "disabled = excluded.disabled, origin = excluded.origin",
        (
            account.name,
            account.role,
            json.dumps(account.subdistricts, ensure_ascii=False),
            account.password_hash,
            int(account.disabled),
            account.origin,
        ),
    )


def put_session(connection: Connection, token_hash: str, account: str, *, expires_at: datetime) -> None:
    """
    Remember a session, and forget those that have run out.

    Parameters
    ----------
    connection
        The writer, inside a transaction.
    token_hash
        Hash of the session's token.
    account
        Name of the account.
    expires_at
        End of the session, with zone.

    Raises
    ------
    NotFoundError
        If there is no such account.
    """
    if find(connection, account) is None:
        raise NotFoundError(what=account)
    connection.execute(
        "INSERT INTO yzgeo_session (token_hash, account, expires_at) VALUES (?, ?, ?) "
        "ON CONFLICT (token_hash) DO UPDATE SET account = excluded.account, expires_at = excluded.expires_at",
        (token_hash, account, timestamps.precise(expires_at)),
    )


def session(connection: Connection, token_hash: str, *, now: datetime) -> Account | None:
    """
    Get the account of a session.

    Parameters
    ----------
    connection
        A reader.
    token_hash
        Hash of the session's token.
    now
        The time, with zone.

    Returns
    -------
    Account or None
        None if the session is unknown, has run out or its account is disabled.
    """
    row = connection.execute(SESSION, (token_hash, timestamps.precise(now))).fetchone()
    return None if row is None else account_of(row)


def drop_session(connection: Connection, token_hash: str) -> None:
    """
    Revoke a session.

    Parameters
    ----------
    connection
        The writer, inside a transaction.
    token_hash
        Hash of the session's token.
    """
    connection.execute("DELETE FROM yzgeo_session WHERE token_hash = ?", (token_hash,))


def drop_expired(connection: Connection, *, now: datetime) -> None:
    """
    Forget the sessions that have run out.

    Parameters
    ----------
    connection
        The writer, inside a transaction.
    now
        The time, with zone.
    """
    connection.execute("DELETE FROM yzgeo_session WHERE expires_at <= ?", (timestamps.precise(now),))


def account_of(row: tuple[str, str, str, str, int, str]) -> Account:
    """
    Make an account of its row.

    Parameters
    ----------
    row
        As `SESSION` gives it.

    Returns
    -------
    Account
        The account.
    """
    name, role, subdistricts, password_hash, disabled, origin = row
    return Account(name, role, tuple(json.loads(subdistricts)), password_hash, bool(disabled), origin)
