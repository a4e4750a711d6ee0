"""What people decided about columns before: each batch keeps its choices, so the batches are the memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yzgeo.catalogue import Layer
from yzgeo.ingest.cells import normalise
from yzgeo.ingest.columns import ColumnMatch
from yzgeo.store.base import Batch, Store


@dataclass(frozen=True, slots=True)
class Remembered:
    """An earlier decision about a column: its field (empty: left out), who decided, when, and in which file."""

    field: str
    actor: str
    day: str
    file_name: str

    @property
    def words(self) -> tuple[str, str]:
        """The evidence in Chinese and English."""
        zh = f"{self.actor} 于 {self.day} 导入“{self.file_name}”时"
        en = f"by {self.actor} on {self.day} with “{self.file_name}”"
        if not self.field:
            return f"{zh}选择不导入此列", f"left out {en}"
        return f"{zh}对应到 {self.field}", f"mapped to {self.field} {en}"


def recall(store: Store, layer: Layer, columns: Sequence[str], chosen: Mapping[str, str]) -> dict[str, Remembered]:
    """
    Recall what people decided about the columns of a file.

    Parameters
    ----------
    store
        With the batches.
    layer
        The layer that is imported into; others have their own memory.
    columns
        Columns of the file.
    chosen
        What the person decides this time, which counts more.

    Returns
    -------
    dict
        Column to the latest decision; nothing about a field that two columns would claim, and nothing from batches
        that were undone.
    """
    by_key: dict[str, Remembered] = {}
    batches = store.batches(layer.id)
    undone = {batch.id for batch in batches if batch.undone_by is not None}
    for batch in batches:  # newest first
        if batch.id in undone:
            continue
        for name, target in _decisions(batch).items():
            if not target or target in layer.fields_by_id:
                found = Remembered(target, batch.actor, batch.recorded_at.date().isoformat(), batch.file_name or "")
                by_key.setdefault(normalise(name), found)
    recalled = {name: by_key[normalise(name)] for name in columns if name not in chosen and normalise(name) in by_key}
    claimed = [one.field for one in recalled.values() if one.field]
    contested = {target for target in claimed if claimed.count(target) > 1} | {one for one in chosen.values() if one}
    return {name: one for name, one in recalled.items() if one.field not in contested}


def recall_units(store: Store, layer: Layer, columns: Sequence[str]) -> dict[str, str]:
    """
    Recall in which units people said the columns of a file count.

    Parameters
    ----------
    store
        With the batches.
    layer
        The layer that is imported into.
    columns
        Columns of the file.

    Returns
    -------
    dict
        Column to the latest decision; nothing from batches that were undone.
    """
    by_key: dict[str, str] = {}
    batches = store.batches(layer.id)
    undone = {batch.id for batch in batches if batch.undone_by is not None}
    for batch in batches:  # newest first
        chosen = batch.choices.get("chosen")
        decided = chosen.get("units") if isinstance(chosen, Mapping) and batch.id not in undone else None
        for name, unit in (decided if isinstance(decided, Mapping) else {}).items():
            by_key.setdefault(normalise(str(name)), str(unit))
    return {name: by_key[normalise(name)] for name in columns if normalise(name) in by_key}


def cited(match: ColumnMatch, remembered: Mapping[str, Remembered]) -> dict[str, Any]:
    """
    Give a proposal with the earlier decision as its evidence.

    Parameters
    ----------
    match
        The proposal.
    remembered
        Earlier decisions by column.

    Returns
    -------
    dict
        As `ColumnMatch.as_dict`, saying who decided so before, and when.
    """
    told = match.as_dict()
    before = remembered.get(match.column)
    if before is not None and before.field == match.field:
        zh, en = before.words
        told |= {"evidence": [zh], "evidence_en": [en]}
    return told


def _decisions(batch: Batch) -> dict[str, str]:
    chosen = batch.choices.get("chosen")
    columns = chosen.get("columns") if isinstance(chosen, Mapping) else None
    return {str(name): str(target) for name, target in columns.items()} if isinstance(columns, Mapping) else {}
