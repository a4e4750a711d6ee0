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
    # Spelt by `record_batch`; the ledger's batches neither insert nor delete.
    found = connection.execute(
        "SELECT revision, recorded_at FROM yzgeo_batch WHERE layer = ? AND NOT (inserted + deleted = 0 "
        """AND (choices LIKE '{"event%' OR choices LIKE '{"rebuild"%')) ORDER BY revision""",
        (layer.id,),
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
