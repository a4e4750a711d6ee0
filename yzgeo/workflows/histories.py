"""Layers on their way out with their history: every version of their features, and every entry of the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from yzgeo.access import Caller, own_part
from yzgeo.catalogue import FieldSpec, FieldType, Label, Layer
from yzgeo.errors import ParameterError
from yzgeo.report import tables
from yzgeo.store.base import Query, Rows, Store

from . import outgoing
from .progress import describe_events

_FEATURES_AT_ONCE = 500
_LOOKS = 10
_SIGNED_IN = frozenset({"version_by", "actor", "role", "place_lon", "place_lat", "place_accuracy_m"})
"""Columns that tell of people; the public learns what happened, not who did it."""


def _field(name: str, kind: FieldType, zh: str, en: str) -> FieldSpec:
    return FieldSpec(id=name, title=Label(zh=zh, en=en), type=kind)


_VERSION = (
    _field("version_revision", "integer", "版本号", "Revision"),
    _field("version_from", "datetime", "登记时间", "Recorded at"),
    _field("version_until", "datetime", "被取代时间", "Superseded at"),
    _field("version_by", "text", "登记人", "Recorded by"),
)
_EVENT = (
    _field("event", "text", "记录号", "Entry"),
    _field("kind", "text", "类型", "Kind"),
    _field("valid_at", "datetime", "发生时间", "Valid at"),
    _field("recorded_at", "datetime", "登记时间", "Recorded at"),
    _field("actor", "text", "登记人", "Recorded by"),
    _field("role", "text", "角色", "Role"),
    _field("illustrative", "boolean", "示意", "Illustrative"),
    _field("cancelled", "boolean", "已更正", "Cancelled by a correction"),
    _field("replaced", "boolean", "已被取代", "Replaced"),
    _field("payload", "text", "内容（JSON）", "Content (JSON)"),
    _field("place_lon", "number", "登记地点经度", "Longitude of the author"),
    _field("place_lat", "number", "登记地点纬度", "Latitude of the author"),
    _field("place_accuracy_m", "number", "定位精度（米）", "Accuracy of the position, m"),
    _field("hash", "text", "本条哈希", "Hash"),
    _field("previous_hash", "text", "上条哈希", "Hash of the entry before"),
)


@dataclass(frozen=True, slots=True)
class _Moment:
    """One state of the store: the revision of each layer, and how many entries the ledger has."""

    revisions: Mapping[str, int]
    entries: int


def check_kind(kind: str) -> None:
    """
    Refuse the history for kinds of files that hold one table.

    Parameters
    ----------
    kind
        Kind of file, or name of a format.

    Raises
    ------
    ParameterError
        If it is not a GeoPackage.
    """
    if kind != "gpkg":
        raise ParameterError(
            name="history",
            reason_zh="只有 GeoPackage（gpkg）能带历史",
            reason_en="only a GeoPackage (gpkg) takes the history along",
        )


def tables_of(store: Store, layers: Sequence[Layer], caller: Caller) -> list[tables.Table]:
    """
    Put layers on their way out with their history.

    Parameters
    ----------
    store
        Store of the workspace.
    layers
        Layers that the caller may see.
    caller
        Who gets them. Staff of the field get the history of what is in their own street offices, or was when it was
        deleted, while it was there: what they see on earlier days.

    Returns
    -------
    list of Table
        For each layer the features, ``<id>_versions`` with every version of every feature (``version_until`` is
        empty in the present one), and for layers with stages ``<id>_events`` with the entries of the ledger. All of
        them show the same moment, whoever writes meanwhile.
    """
    moment = _moment(store, layers)
    return [table for layer in layers for table in _with_history(store, layer, caller, moment)]


def _moment(store: Store, layers: Sequence[Layer]) -> _Moment:
    """Look until two looks agree: an entry and the change of its layer are one transaction, our questions are not."""

    def look() -> _Moment:
        return _Moment({layer.id: store.revision(layer.id) for layer in layers}, store.ledger.revision())

    seen = look()
    for _ in range(_LOOKS):
        before, seen = seen, look()
        if before == seen:
            break
    return seen


def _with_history(store: Store, layer: Layer, caller: Caller, moment: _Moment) -> Iterator[tables.Table]:
    own = own_part(caller.role, caller.subdistricts, layer)
    revision = moment.revisions[layer.id]
    present = outgoing.table_of(store, layer, caller.role, subdistricts=caller.subdistricts, revision=revision)
    yield present
    names = tuple(spec.id for spec in present.fields)

    def versions() -> Iterator[Rows]:
        for chunk in outgoing.pages(store, layer.id, names, own=own, revision=revision):
            yield _dated(store, layer, chunk, [None] * len(chunk.uids))
        after, size = 0, outgoing.CHUNK_ROWS
        while True:
            page = store.superseded(layer.id, fields=names, until=revision, after=after, limit=size, own=own)
            if page.numbers:
                after = page.numbers[-1]
                yield _dated(store, layer, page.rows, page.until_revisions)
            if len(page.numbers) < size:
                return

    told = (*(spec for spec in _VERSION if _shown(spec, caller)), *present.fields)
    yield tables.Table(_beside(layer, "versions", "历史版本", told), told, present.crs, versions)
    if layer.stages:
        told = tuple(spec for spec in _EVENT if _shown(spec, caller))
        entries = moment.entries
        yield tables.Table(
            _beside(layer, "events", "进展记录", told),
            told,
            present.crs,
            lambda: _events(store, layer, caller, entries),
        )


def _shown(spec: FieldSpec, caller: Caller) -> bool:
    return caller.role != "anonymous" or spec.id not in _SIGNED_IN


def _beside(layer: Layer, ending: str, title: str, fields: tuple[FieldSpec, ...]) -> Layer:
    """Declare a table beside a layer's own."""
    told = Label(zh=f"{layer.spec.title.zh}（{title}）", en=f"{layer.spec.title.en} ({ending})")
    changed: dict[str, Any] = {"id": f"{layer.id}_{ending}", "title": told}
    if ending == "events":
        changed["geometry"] = "none"
    return replace(layer, spec=layer.spec.model_copy(update=changed), fields=fields)


def _dated(store: Store, layer: Layer, rows: Rows, until: Sequence[int | None]) -> Rows:
    """Say from when until when versions stood, and who wrote them."""
    moments = store.moments(layer.id, {*rows.revisions, *(each for each in until if each is not None)})
    written = [moments[each] for each in rows.revisions]
    told: dict[str, Sequence[Any]] = {
        "version_revision": rows.revisions,
        "version_from": [at for at, _ in written],
        "version_until": [None if each is None else moments[each][0] for each in until],
        "version_by": [actor for _, actor in written],
    }
    return replace(rows, columns={**told, **rows.columns})


def _events(store: Store, layer: Layer, caller: Caller, entries: int) -> Iterator[Rows]:
    own = own_part(caller.role, caller.subdistricts, layer)
    after = ""
    while stories := store.ledger.stories(layer.id, after=after, limit=_FEATURES_AT_ONCE, until=entries):
        seen = set(stories)
        if own is not None:
            seen = set(store.rows(layer.id, Query(equals={"uid": list(stories), "subdistrict": own}), fields=()).uids)
        told = [
            (uid, each)
            for uid, events in stories.items()
            if uid in seen
            for each in reversed(describe_events(events, layer, caller))
        ]
        if told:
            yield _in_columns(told)
        after = max(stories)


def _in_columns(told: Sequence[tuple[str, Mapping[str, Any]]]) -> Rows:
    columns: dict[str, list[Any]] = {spec.id: [] for spec in _EVENT}
    for _, entry in told:
        place = entry["place"] or {}
        also = {"event": entry["id"], "payload": orjson.dumps(entry["payload"], option=orjson.OPT_SORT_KEYS).decode()}
        also |= {f"place_{name}": place.get(name) for name in ("lon", "lat", "accuracy_m")}
        for name, values in columns.items():
            values.append(also[name] if name in also else entry[name])
    nothing = [0] * len(told)
    return Rows([uid for uid, _ in told], nothing, nothing, [None] * len(told), columns)
