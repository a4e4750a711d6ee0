"""Phones and the accounts that use them, in both databases."""

# ruff: noqa: S608 - conditions are constants, values are bound

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from . import audit, timestamps
from .dialect import Access, Connection
from .grants import ID_LENGTH
from .people import Deed
from .phones import Device

MOST_OF_ONE = 50
"""Phones of one account that are remembered beside those shut out; the ones not seen for longest are forgotten."""
_COLUMNS = "id, actor, label, first_seen, last_seen, revoked_at, revoked_by"
_SELECT = f"SELECT {_COLUMNS} FROM yzgeo_device"


class StoredDevices:
    """The `DeviceStore` of both databases; get it from the store."""

    def __init__(self, connections: Access, *, clock: Callable[[], datetime]) -> None:
        self._connections = connections
        self._clock = clock

    def of(self, device_id: str) -> Sequence[Device]:
        """
        List a phone once for each account that has used it.

        Parameters
        ----------
        device_id
            Its id.

        Returns
        -------
        sequence of Device
            By account.
        """
        return self._select("WHERE id = ? ORDER BY actor", (device_id,))

    def see(self, device: Device, *, deed: Deed) -> None:
        """
        Note that a phone was seen.

        Parameters
        ----------
        device
            The phone; of one that is known only the latest time changes.
        deed
            What the audit is to say of a new one.
        """
        row = (device.id, device.actor, device.label, *map(timestamps.precise, (device.first_seen, device.last_seen)))
        with self._connections.write() as connection:
            known = connection.execute(
                "UPDATE yzgeo_device SET last_seen = ? WHERE id = ? AND actor = ?", (row[4], *row[:2])
            ).rowcount
            if known:
                return
            connection.execute(
                "INSERT INTO yzgeo_device (id, actor, label, first_seen, last_seen) VALUES (?, ?, ?, ?, ?)", row
            )
            audit.append(connection, deed, now=self._clock().astimezone(UTC))
            _forget_oldest(connection, device.actor)

    def find(self, actor: str | None = None) -> Sequence[Device]:
        """
        List phones.

        Parameters
        ----------
        actor
            Only of this account.

        Returns
        -------
        sequence of Device
            Latest seen first.
        """
        condition = "WHERE CAST(?1 AS TEXT) IS NULL OR actor = ?1 ORDER BY last_seen DESC, id, actor"
        return self._select(condition, (actor,))

    def revoke(self, device_id: str, *, actor: str | None, by: str, deed: Deed, spared: str = "") -> int:
        """
        Shut a phone out, and end the sessions of those it is shut out for: one of them is on it.

        Where it was shut out already, sessions and audit stay as they are.

        Parameters
        ----------
        device_id
            Its id.
        actor
            For whom; for all that have used it if not given.
        by
            Who does it.
        deed
            What the audit is to say.
        spared
            Id of a session that goes on: that of who does it.

        Returns
        -------
        int
            For how many it was not shut out yet.
        """
        now = self._clock().astimezone(UTC)
        with self._connections.write() as connection:
            shut_out = connection.execute(
                "UPDATE yzgeo_device SET revoked_at = ?1, revoked_by = ?2 WHERE id = ?3 "
                "AND (CAST(?4 AS TEXT) IS NULL OR actor = ?4) AND revoked_at IS NULL RETURNING actor",
                (timestamps.precise(now), by, device_id, actor),
            ).fetchall()
            for (account,) in shut_out:
                connection.execute(
                    "DELETE FROM yzgeo_session WHERE account = ? AND kind = 'session' "
                    "AND substr(token_hash, 1, ?) <> ?",
                    (account, ID_LENGTH, spared),
                )
            if shut_out:
                audit.append(connection, deed, now=now)
            return len(shut_out)

    def _select(self, condition: str, bound: Sequence[Any]) -> list[Device]:
        with self._connections.read() as reader:
            return [_device(row) for row in reader.connection.execute(f"{_SELECT} {condition}", bound).fetchall()]


def _forget_oldest(connection: Connection, actor: str) -> None:
    connection.execute(
        "DELETE FROM yzgeo_device WHERE actor = ? AND revoked_at IS NULL AND id NOT IN ("
        "SELECT id FROM yzgeo_device WHERE actor = ? AND revoked_at IS NULL ORDER BY last_seen DESC, id LIMIT ?)",
        (actor, actor, MOST_OF_ONE),
    )


def _device(row: Sequence[Any]) -> Device:
    revoked = None if row[5] is None else datetime.fromisoformat(row[5])
    first, last = map(datetime.fromisoformat, row[3:5])
    return Device(row[0], row[1], row[2], first, last, revoked, row[6])
