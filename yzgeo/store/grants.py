"""Sessions and tokens in the GeoPackage, and every change of them with its line of the audit."""

# ruff: noqa: S608 - conditions are constants, values are bound

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from yzgeo.errors import NotFoundError

from . import accounts, audit, timestamps
from .dialect import Access
from .people import Account, AuditLine, Deed, Grant

Clock = Callable[[], datetime]

ID_LENGTH = 16
"""A grant is named by the beginning of its token's hash; nobody finds the token from it."""
_COLUMNS = "token_hash, kind, account, label, address, created_at, expires_at, last_used_at"


class GeoPackagePeople:
    """The `PeopleStore` of a GeoPackage; get it from the store."""

    def __init__(self, connections: Access, *, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    def put_account(self, account: Account, *, deed: Deed) -> None:
        """
        Create or replace an account.

        Parameters
        ----------
        account
            The account; a new password or disabling it ends every grant it has.
        deed
            What the audit is to say.
        """
        with self._connections.write() as connection:
            accounts.put(connection, account)
            audit.append(connection, deed, now=self._now())

    def from_origin(self, origin: str) -> Account | None:
        """
        Get the account that another service vouches for.

        Parameters
        ----------
        origin
            Issuer and subject.

        Returns
        -------
        Account or None
            The account.
        """
        with self._connections.read() as reader:
            return accounts.from_origin(reader.connection, origin)

    def put_grant(self, token_hash: str, grant: Grant, *, deed: Deed) -> None:
        """
        Let someone in.

        Parameters
        ----------
        token_hash
            Hash of the token.
        grant
            What it opens; its id follows from the hash.
        deed
            What the audit is to say.

        Raises
        ------
        NotFoundError
            If there is no such account.
        """
        now = self._now()
        with self._connections.write() as connection:
            if accounts.find(connection, grant.account) is None:
                raise NotFoundError(what=grant.account)
            accounts.drop_expired(connection, now=now)
            connection.execute(
                f"INSERT INTO yzgeo_session ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
                (
                    token_hash,
                    grant.kind,
                    grant.account,
                    grant.label,
                    grant.address,
                    timestamps.precise(grant.created_at or now),
                    timestamps.precise(grant.expires_at),
                ),
            )
            audit.append(connection, deed, now=now)

    def holder(self, token_hash: str, *, now: datetime) -> tuple[Account, Grant] | None:
        """
        Get who holds a grant.

        Parameters
        ----------
        token_hash
            Hash of the token.
        now
            The time, with zone.

        Returns
        -------
        tuple of Account and Grant, or None
            None if it has run out, was taken back or its account is disabled.
        """
        with self._connections.read() as reader:
            account = accounts.session(reader.connection, token_hash, now=now)
            if account is None:
                return None
            row = reader.connection.execute(
                f"SELECT {_COLUMNS} FROM yzgeo_session WHERE token_hash = ?", (token_hash,)
            ).fetchone()
        return None if row is None else (account, _grant(row))

    def grants(self, account: str | None = None, *, now: datetime) -> Sequence[Grant]:
        """
        List the grants in force.

        Parameters
        ----------
        account
            Only of this account.
        now
            The time, with zone.

        Returns
        -------
        sequence of Grant
            Newest first.
        """
        with self._connections.read() as reader:
            found = reader.connection.execute(
                f"SELECT {_COLUMNS} FROM yzgeo_session "
                "WHERE (CAST(?1 AS TEXT) IS NULL OR account = ?1) AND expires_at > ?2 "
                f"ORDER BY coalesce(created_at, '') DESC, {reader.connection.dialect.order_of_entry} DESC",
                (account, timestamps.precise(now)),
            ).fetchall()
        return [_grant(row) for row in found]

    def drop_grants(self, account: str, *, ids: Sequence[str] | None = None, deed: Deed) -> int:
        """
        Take grants of an account back; where there is none, the audit stays as it is.

        Parameters
        ----------
        account
            Whose.
        ids
            Which; all of them if not given.
        deed
            What the audit is to say.

        Returns
        -------
        int
            How many there were.
        """
        with self._connections.write() as connection:
            dropped = 0
            if ids is None:
                dropped = connection.execute("DELETE FROM yzgeo_session WHERE account = ?", (account,)).rowcount
            for each in ids or ():
                dropped += connection.execute(
                    f"DELETE FROM yzgeo_session WHERE account = ? AND substr(token_hash, 1, {ID_LENGTH}) = ?",
                    (account, each),
                ).rowcount
            if dropped:
                audit.append(connection, deed, now=self._now())
            return dropped

    def used(self, moments: Mapping[str, datetime]) -> None:
        """
        Note when grants were used last.

        Parameters
        ----------
        moments
            By the hash of the token, with zone.
        """
        with self._connections.write() as connection:
            connection.executemany(
                "UPDATE yzgeo_session SET last_used_at = ? WHERE token_hash = ?",
                [(timestamps.precise(at), token_hash) for token_hash, at in moments.items()],
            )

    def note(self, deed: Deed) -> AuditLine:
        """
        Add a line to the audit.

        Parameters
        ----------
        deed
            What happened.

        Returns
        -------
        AuditLine
            The line as stored.
        """
        with self._connections.write() as connection:
            return audit.append(connection, deed, now=self._now())

    def audit(
        self,
        limit: int,
        *,
        before: int | None = None,
        since: datetime | None = None,
        actor: str | None = None,
        kind: str | None = None,
    ) -> Sequence[AuditLine]:
        """
        List lines of the audit.

        Parameters
        ----------
        limit
            Most lines wanted.
        before
            Only lines below this number.
        since
            Only lines from this moment on, with zone.
        actor
            Only what this account did.
        kind
            Only this kind.

        Returns
        -------
        sequence of AuditLine
            Newest first.
        """
        with self._connections.read() as reader:
            return audit.lines(reader.connection, limit, before=before, since=since, actor=actor, kind=kind)

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)


def grant_id(token_hash: str) -> str:
    """
    Name a grant.

    Parameters
    ----------
    token_hash
        Hash of its token.

    Returns
    -------
    str
        What lists show.
    """
    return token_hash[:ID_LENGTH]


def _grant(row: tuple[Any, ...]) -> Grant:
    token_hash, kind, account, label, address, created_at, expires_at, last_used_at = row
    return Grant(
        grant_id(token_hash),
        kind,
        account,
        label,
        address,
        None if created_at is None else datetime.fromisoformat(created_at),
        datetime.fromisoformat(expires_at),
        None if last_used_at is None else datetime.fromisoformat(last_used_at),
    )
