"""The register of a layer: which features there were on a day, whatever stage they had reached."""

# ruff: noqa: S608 - names go through identifiers.quote, values are bound

from __future__ import annotations

import json
from datetime import date, datetime

from yzgeo.catalogue import Layer
from yzgeo.ledger import ZONE

from .base import Registered
from .dialect import Connection
from .identifiers import history_table, quote
from .writing import spelled

LEDGER_MARKS = ("event", "events", "rebuild")
"""What marks a batch that follows from the ledger, first among its choices: an entry, many of them, or all anew."""


def states(connection: Connection, layer: Layer) -> list[Registered]:
    """
    List the states of a layer's register: what imports, edits and deletions made of it, day by day.

    Batches that only carry the ledger's word into the columns make no state of their own. Once a layer that was
    illustrative holds facts only, its first state is the first one without anything invented.

    Parameters
    ----------
    connection
        A reader.
    layer
        The layer.

    Returns
    -------
    list of Registered
        Oldest first, the last state of each day; empty before the first write.
    """
    # The ledger's batches neither insert nor delete. A text is compared with a text: there may be a million.
    marked = " OR ".join(["substr(choices, 1, ?) = ?"] * len(LEDGER_MARKS))
    beginnings = [spelled({mark: 0})[:-2] for mark in LEDGER_MARKS]
    found = connection.execute(
        "SELECT revision, recorded_at FROM yzgeo_batch "
        f"WHERE layer = ? AND NOT (inserted + deleted = 0 AND ({marked})) ORDER BY revision",
        (layer.id, *(bound for text in beginnings for bound in (len(text), text))),
    ).fetchall()
    first = _first_of_facts(connection, layer, [revision for revision, _ in found])
    days: dict[date, int] = {}
    for revision, recorded_at in found:
        if revision >= first:
            days[datetime.fromisoformat(recorded_at).astimezone(ZONE).date()] = revision
    return [Registered(day, revision) for day, revision in sorted(days.items(), key=lambda entry: entry[1])]


def _first_of_facts(connection: Connection, layer: Layer, revisions: list[int]) -> int:
    """Find the revision that ended the last illustrative feature, 0 if there are such features or never were any."""
    if "data_status" not in layer.fields_by_id:
        return 0
    table, past = quote(layer.id), quote(history_table(layer.id))
    invented = connection.execute(f"SELECT 1 FROM {table} WHERE data_status = 'illustrative' LIMIT 1").fetchone()
    if invented is not None:
        return 0
    ended = connection.execute(
        f"SELECT max(until_revision) FROM {past} WHERE until_revision IN ({connection.dialect.among('integer')}) "
        "AND data_status = 'illustrative'",
        (json.dumps(revisions),),
    ).fetchone()
    return int(ended[0] or 0)
