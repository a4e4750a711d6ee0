"""The part of a store that is the same on every database: settings, accounts and sessions, ledger and layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from yzgeo.catalogue import Catalogue

from . import accounts
from .base import Account
from .conflicts import StoredConflicts
from .devices import StoredDevices
from .dialect import Access, Connection
from .grants import GeoPackagePeople
from .layers import GeoPackageLayers
from .ledger import GeoPackageLedger


class TableStore(GeoPackageLayers):
    """A `Store` without opening, checking, copying and closing: those are matters of the database."""

    def __init__(self, connections: Access, catalogue: Catalogue, *, clock: Callable[[], datetime]) -> None:
        super().__init__(connections, catalogue, clock=clock)
        self.ledger = GeoPackageLedger(connections, catalogue, clock=clock)
        self.conflicts = StoredConflicts(connections, catalogue, clock=clock)
        self.devices = StoredDevices(connections, clock=clock)
        self.people = GeoPackagePeople(connections, clock=clock)

    @property
    def access(self) -> Access:
        """The way to the database, for what speaks to every table."""
        return self._connections

    @property
    def srs_id(self) -> int:
        """EPSG code of the storage system."""
        return self._srs_id

    def meta(self, key: str) -> str | None:
        """
        Read a setting of the workspace.

        Parameters
        ----------
        key
            Its name.

        Returns
        -------
        str or None
            Its value.
        """
        with self._connections.read() as reader:
            return reader.remember("meta", stored_meta).get(key)

    def set_meta(self, key: str, value: str) -> None:
        """
        Write a setting of the workspace.

        Parameters
        ----------
        key
            Its name.
        value
            Its value.
        """
        with self._connections.write() as connection:
            put_meta(connection, key, value)

    def accounts(self) -> Sequence[Account]:
        """
        List the accounts.

        Returns
        -------
        sequence of Account
            By name.
        """
        with self._connections.read() as reader:
            return accounts.everyone(reader.connection)

    def account(self, name: str) -> Account | None:
        """
        Get one account.

        Parameters
        ----------
        name
            Its name.

        Returns
        -------
        Account or None
            The account.
        """
        with self._connections.read() as reader:
            return accounts.find(reader.connection, name)

    def put_account(self, account: Account) -> None:
        """
        Create or replace an account.

        Parameters
        ----------
        account
            The account; a new password or disabling it ends its sessions.
        """
        with self._connections.write() as connection:
            accounts.put(connection, account)

    def put_session(self, token_hash: str, account: str, *, expires_at: datetime) -> None:
        """
        Remember a signed-in session.

        Parameters
        ----------
        token_hash
            Hash of its token.
        account
            Name of the account.
        expires_at
            Its end, with zone.
        """
        with self._connections.write() as connection:
            accounts.drop_expired(connection, now=self._clock())
            accounts.put_session(connection, token_hash, account, expires_at=expires_at)

    def session(self, token_hash: str, *, now: datetime) -> Account | None:
        """
        Get the account of a session.

        Parameters
        ----------
        token_hash
            Hash of its token.
        now
            The time, with zone.

        Returns
        -------
        Account or None
            None if it has run out, was revoked or its account is disabled.
        """
        with self._connections.read() as reader:
            return accounts.session(reader.connection, token_hash, now=now)

    def drop_session(self, token_hash: str) -> None:
        """
        Revoke a session.

        Parameters
        ----------
        token_hash
            Hash of its token.
        """
        with self._connections.write() as connection:
            accounts.drop_session(connection, token_hash)


def stored_meta(connection: Connection) -> dict[str, str]:
    """
    Read all settings.

    Parameters
    ----------
    connection
        A reader.

    Returns
    -------
    dict
        Name to value.
    """
    return dict(connection.execute("SELECT key, value FROM yzgeo_meta").fetchall())


def put_meta(connection: Connection, key: str, value: str) -> None:
    """
    Write a setting.

    Parameters
    ----------
    connection
        The writer, inside a transaction.
    key
        Its name.
    value
        Its value.
    """
    connection.execute(
        "INSERT INTO yzgeo_meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (key, value),
    )
