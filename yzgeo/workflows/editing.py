"""Editing single features: created, replaced, changed in part, deleted, each a recorded change like any other.

What a person sends is judged as a row of an import is. Stages and measures stay with the ledger: they change by
entries, never by overwriting. An edit may name the revision it started from; whoever comes second learns of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import orjson
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from yzgeo import stages
from yzgeo.access import Caller, may_see_feature, may_write
from yzgeo.catalogue import Layer
from yzgeo.errors import (
    ConflictError,
    FeatureExistsError,
    FeatureInvalidError,
    FeatureUnknownError,
    FieldUnknownError,
    ForbiddenError,
)
from yzgeo.ingest.reading import Source
from yzgeo.ingest.rows import Choices, check
from yzgeo.store.base import Feature, Provenance, Query, Store, Value

_REASON = "经 OGC API 编辑 (edited over OGC API)"
_TRIES = 50

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Draft:
    """What someone wants a feature to be; the geometry is in the storage system."""

    properties: Mapping[str, Any] = field(default_factory=dict)
    geometry: BaseGeometry | None = None
    with_geometry: bool = True
    """False where nothing is said of the geometry, which then stays."""


def create(
    store: Store, layer: Layer, caller: Caller, draft: Draft, *, idempotency_key: str | None = None
) -> tuple[Feature, bool]:
    """
    Add a feature.

    Parameters
    ----------
    store
        The store.
    layer
        A layer the caller may see.
    caller
        Who edits.
    draft
        The feature, its key among the properties.
    idempotency_key
        Chosen by the client; sending the same again gives the first feature back. Whatever else the account sends
        to the layer with it is refused, also what would make another feature.

    Returns
    -------
    tuple
        The feature as it is stored, and whether it is new.

    Raises
    ------
    ForbiddenError
        If the caller may not write.
    FeatureInvalidError, FieldUnknownError
        If it does not fit the layer.
    FeatureExistsError
        If there is a feature with that key, or something else was sent with the idempotency key.
    """
    _require_writer(caller)
    put = _judged(store, layer, caller, draft, before=None)
    uid = str(put.index[0])
    choices = {"idempotency_key": idempotency_key, "sent": _digest(draft)} if idempotency_key else {}
    provenance = Provenance(actor=caller.name, reason=_REASON, choices=choices)

    def add(revision: int) -> Feature | None:
        first = _first_made(store, layer, caller.name, choices)
        if first is not None:
            return first
        if store.count(layer.id, Query(equals={"uid": uid})):
            raise FeatureExistsError(layer=layer.id, key=str(put[layer.spec.key].iloc[0]), uid=uid)
        store.write(layer.id, put=put, provenance=provenance, base_revision=revision)
        return None

    first = _while_it_stands_still(store, layer, add)
    return (store.feature(layer.id, uid), True) if first is None else (first, False)


def change(
    store: Store,
    layer: Layer,
    caller: Caller,
    uid: str,
    draft: Draft,
    *,
    partial: bool,
    expected: int | None = None,
) -> Feature:
    """
    Replace a feature, or change part of it.

    Parameters
    ----------
    store
        The store.
    layer
        A layer the caller may see.
    caller
        Who edits.
    uid
        The feature.
    draft
        What it should be.
    partial
        True where what is not named stays; False where it is emptied, but for what the ledger and the import keep.
    expected
        Revision the caller started from; None to change whatever is there.

    Returns
    -------
    Feature
        The feature as it is stored.

    Raises
    ------
    ForbiddenError, FeatureUnknownError
        If the caller may not write, or there is no such feature.
    FeatureInvalidError, FieldUnknownError
        If it does not fit the layer.
    ConflictError
        If it has moved on from ``expected``.
    """
    _require_writer(caller)
    provenance = Provenance(actor=caller.name, reason=_REASON)

    def overwrite(revision: int) -> None:
        before = _seen(store, layer, caller, uid)
        _require_revision(before, expected)
        put = _judged(store, layer, caller, draft, before=before, partial=partial)
        store.write(layer.id, put=put, provenance=provenance, base_revision=revision)

    _while_it_stands_still(store, layer, overwrite)
    return store.feature(layer.id, uid)


def delete(store: Store, layer: Layer, caller: Caller, uid: str, *, expected: int | None = None) -> None:
    """
    Delete a feature; its versions stay in the history and its entries in the ledger.

    Parameters
    ----------
    store
        The store.
    layer
        A layer the caller may see.
    caller
        Who edits.
    uid
        The feature.
    expected
        Revision the caller started from; None to delete whatever is there.

    Raises
    ------
    ForbiddenError, FeatureUnknownError, ConflictError
        As for `change`.
    """
    _require_writer(caller)
    provenance = Provenance(actor=caller.name, reason=_REASON)

    def remove(revision: int) -> None:
        _require_revision(_seen(store, layer, caller, uid), expected)
        store.write(layer.id, delete=[uid], provenance=provenance, base_revision=revision)

    _while_it_stands_still(store, layer, remove)


def _while_it_stands_still(store: Store, layer: Layer, attempt: Callable[[int], Result]) -> Result:
    """Attempt an edit until the layer does not move between reading and writing: nobody is overwritten unseen."""
    revision = 0
    for _ in range(_TRIES):
        revision = store.revision(layer.id)
        try:
            return attempt(revision)
        except ConflictError as conflict:
            if conflict.fields["what"] != layer.id:
                raise  # it is the feature that has moved on
    raise ConflictError(what=layer.id, base=revision, current=store.revision(layer.id))


def _require_writer(caller: Caller) -> None:
    if not may_write(caller.role):
        raise ForbiddenError


def _seen(store: Store, layer: Layer, caller: Caller, uid: str) -> Feature:
    found = store.feature(layer.id, uid)
    if not may_see_feature(caller.role, caller.subdistricts, layer, found.properties):
        raise FeatureUnknownError(layer=layer.id, uid=uid)
    return found


def _require_revision(found: Feature, expected: int | None) -> None:
    if expected is not None and found.revision != expected:
        raise ConflictError(what=found.uid, base=expected, current=found.revision)


def _judged(
    store: Store, layer: Layer, caller: Caller, draft: Draft, *, before: Feature | None, partial: bool = False
) -> Any:
    """Judge one feature as a row of an import, and give it as the store takes it."""
    for name in draft.properties:
        if name not in layer.fields_by_id:
            known = ", ".join(layer.fields_by_id)
            raise FieldUnknownError(layer=layer.id, field=str(name)[:60], known=known)
    kept = stages.kept_fields(layer, layer.stage_table) if before is not None and layer.stage_table is not None else []
    wanted = dict(draft.properties)
    if before is not None:
        _require_key(layer, before, wanted)
        basis = before.properties if partial else _kept_by_the_import(before)
        wanted = {**basis, layer.spec.key: before.properties[layer.spec.key], **wanted}
        wanted |= {name: before.properties.get(name) for name in kept if name not in draft.properties}
    elif layer.stage_table is not None and wanted.get("stage") is None:
        wanted["stage"] = stages.machine(layer.stage_table).initial
    _require_complete(layer, wanted)
    shape = draft.geometry if draft.with_geometry or before is None else before.geometry
    source = Source(
        path=Path("GeoJSON"),
        layer=layer.id,
        crs=store.catalogue.district.storage_crs,
        encoding=None,
        table=pd.DataFrame({name: pd.Series([value], dtype=object) for name, value in wanted.items()}),
        geometry=_one(shape),
        unreadable=np.zeros(1, dtype=bool),
    )
    choices = Choices(source=f"{caller.name}，{_REASON}", data_status="surveyed")
    checked = check(source, layer, choices, storage_crs=store.catalogue.district.storage_crs)
    if checked.rejected:
        _refuse(layer, [(one.column, one.zh, one.en) for one in checked.reasons])
    frame = checked.frame
    if before is None:
        return frame
    frame.index = pd.Index([before.uid], name="uid", dtype=object)
    _require_ledger_untouched(layer, before, {name: frame[name].iloc[0] for name in kept if name in draft.properties})
    emptied = [] if partial else [name for name in layer.fields_by_id if name not in frame and name not in kept]
    return frame.drop(columns=[name for name in kept if name in frame]).assign(**dict.fromkeys(emptied))


def _one(shape: BaseGeometry | None) -> Any:
    geometry = np.empty(1, dtype=object)
    geometry[0] = shape
    return geometry


def _kept_by_the_import(before: Feature) -> dict[str, Value]:
    return {name: before.properties[name] for name in ("data_status", "source") if name in before.properties}


def _require_key(layer: Layer, before: Feature, wanted: Mapping[str, Any]) -> None:
    key = layer.spec.key
    if key in wanted and str(wanted[key]) != str(before.properties[key]):
        zh = f"编号“{before.properties[key]}”是要素的身份，不能改；请新建要素并删除旧的"
        en = f"the key “{before.properties[key]}” is the feature's identity; create another and delete this one"
        _refuse(layer, [(key, zh, en)])


def _require_complete(layer: Layer, wanted: Mapping[str, Any]) -> None:
    filled_in = {"data_status", "source"}
    required = [spec for spec in layer.fields if spec.required or spec.id == layer.spec.key]
    missing = [spec.id for spec in required if wanted.get(spec.id) is None and spec.id not in filled_in]
    if missing:
        _refuse(layer, [(name, "必填", "required") for name in missing])


def _require_ledger_untouched(layer: Layer, before: Feature, named: Mapping[str, Any]) -> None:
    changed = [name for name, value in named.items() if (value or None) != (before.properties.get(name) or None)]
    zh = "由台账记录，请登记进展，不能直接改"
    en = "the ledger keeps it; record an entry instead of overwriting it"
    if changed:
        _refuse(layer, [(name, zh, en) for name in changed])


def _refuse(layer: Layer, reasons: Sequence[tuple[str, str, str]]) -> None:
    raise FeatureInvalidError(
        layer=layer.id,
        reasons_zh="；".join(f"{name}：{zh}" if name else zh for name, zh, _ in reasons),
        reasons_en="; ".join(f"{name}: {en}" if name else en for name, _, en in reasons),
        reasons=[{"field": name, "zh": zh, "en": en} for name, zh, en in reasons],
    )


def _digest(draft: Draft) -> str:
    """Tell drafts apart."""
    shape = b"" if draft.geometry is None else shapely.to_wkb(draft.geometry)
    properties = orjson.dumps(dict(draft.properties), option=orjson.OPT_SORT_KEYS)
    return blake2b(properties + shape, digest_size=16).hexdigest()


def _first_made(store: Store, layer: Layer, actor: str, choices: Mapping[str, str]) -> Feature | None:
    """Give what was made with an idempotency key before; None if it is new, refused if something else was sent."""
    if not choices:
        return None
    name = "idempotency_key"
    before = [
        batch for batch in store.batches(layer.id) if batch.actor == actor and batch.choices.get(name) == choices[name]
    ]
    if not before:
        return None
    same = next((batch for batch in before if batch.choices.get("sent") == choices["sent"]), None)
    batch = same or before[-1]
    changes = store.changes(layer.id, since=batch.revision - 1)
    made = store.history(layer.id, next(change.uid for change in changes if change.batch == batch.id))
    if same is None:
        raise FeatureExistsError(layer=layer.id, key=str(made[0].properties[layer.spec.key]), uid=made[0].uid)
    return made[0]
