"""Recording progress: from what a phone sends to a receipt, or to every reason why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

import numpy as np
import orjson
import shapely

from yzgeo import crs, ledger, stages
from yzgeo.access import Role, may_record, may_record_somewhere, may_see, may_see_feature, own_part
from yzgeo.catalogue import Layer, StageTable
from yzgeo.checks import Issue
from yzgeo.errors import (
    ConflictError,
    EventRefusedError,
    FeatureUnknownError,
    ForbiddenError,
    LayerUnknownError,
)
from yzgeo.ledger import Event, Kind, Place
from yzgeo.store.base import Feature, Store
from yzgeo.store.phones import KeptConflict
from yzgeo.workflows.overview import visible_feature

# Reasons that come from what others have recorded meanwhile, not from the form.
_FIRST_YEAR = 1900
_CONTRADICTIONS = frozenset({"move_not_allowed", "resume_elsewhere", "measure_shrinks", "nothing_to_decide"})


class Caller(Protocol):
    """Who asks."""

    @property
    def role(self) -> Role:
        """Role of the account, ``anonymous`` without one."""

    @property
    def name(self) -> str:
        """Name of the account."""

    @property
    def subdistricts(self) -> Sequence[str]:
        """Street offices an account of the field belongs to."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What someone wants to record; ``id`` is made where it was written, so that sending it again is harmless."""

    id: str
    layer: str
    uid: str
    kind: Kind
    valid_at: datetime
    payload: Mapping[str, Any] = field(default_factory=dict)
    base_revision: int | None = None
    place: Place | None = None
    payload_version: int = ledger.PAYLOAD_VERSION
    on_behalf_of: str = ""
    """Account that wrote it, where another one enters it."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof of an entry: whoever holds event id and hash can show that it stands in the ledger unchanged.

    ``seen`` is the revision at which the feature was when the entry was judged, None for one sent again.
    """

    event: Event
    created: bool
    revision: int
    seen: int | None = None

    @property
    def code(self) -> str:
        """Eight characters of the hash, to be read over the telephone."""
        return receipt_code(self.event)


def receipt_code(event: Event) -> str:
    """
    Shorten an event's hash for people.

    Parameters
    ----------
    event
        A sealed event.

    Returns
    -------
    str
        For instance ``3F2A-91BC``.
    """
    return f"{event.hash[:4]}-{event.hash[4:8]}".upper()


def record_event(store: Store, draft: Draft, caller: Caller, *, expected: int | None = None) -> Receipt:
    """
    Record one event.

    Parameters
    ----------
    store
        The store.
    draft
        What to record.
    caller
        Who records it.
    expected
        Revision the feature has to be at when the entry is written; None to record on whatever is there.

    Returns
    -------
    Receipt
        ``created`` is False if the same event was sent before.

    Raises
    ------
    LayerUnknownError, FeatureUnknownError
        If there is no such layer or feature for the caller.
    ForbiddenError
        If the caller may not record progress there.
    EventRefusedError
        With all reasons.
    ConflictError
        If others have recorded something meanwhile that contradicts it, or the id stands for another event. Its field
        ``expected`` is there if the feature has moved on from ``expected``.
    """
    layer, table = staged_layer(store, draft.layer, caller)
    if not may_record_somewhere(caller.role, caller.subdistricts):
        raise ForbiddenError  # before the feature is looked for: the answer tells nothing of it
    feature = visible_feature(store, caller.role, layer, draft.uid, subdistricts=caller.subdistricts)
    if not caller_may_record(caller, layer, feature):
        raise ForbiddenError
    event = prepared(store, draft, caller, layer, feature)
    seen: list[int] = []

    def judge(existing: Sequence[Event], present: Feature, now: datetime) -> None:
        # Inside the write: between this look and the entry nobody else can write.
        seen.append(present.revision)
        if expected is not None and present.revision != expected:
            raise ConflictError(what=draft.uid, base=expected, current=present.revision, expected=expected)
        if not may_see_feature(caller.role, caller.subdistricts, layer, present.properties):
            raise FeatureUnknownError(layer=layer.id, uid=draft.uid)  # it was moved to others a moment ago
        issues = ledger.check(
            event,
            existing,
            stages.machine(table),
            now=now,
            limits=stages.limits(table, present.properties),
            measures=[measure.field for measure in table.measures],
        )
        if not issues:
            return
        stale = draft.base_revision is not None and draft.base_revision < present.revision
        if stale and any(issue.code in _CONTRADICTIONS for issue in issues):
            raise ConflictError(
                what=str(present.properties.get(layer.spec.label_field) or draft.uid),
                base=draft.base_revision,
                current=present.revision,
                issues=[issue.as_dict() for issue in in_words(issues, layer, table)],
            )
        raise refused(in_words(issues, layer, table))

    done = store.ledger.record(event, judge)
    return Receipt(done.event, done.created, done.revision, seen[-1] if seen else None)


def prepared(store: Store, draft: Draft, caller: Caller, layer: Layer, feature: Feature | None) -> Event:
    """
    Make an event of a draft, as far as that can be judged without the feature's other events.

    Parameters
    ----------
    store
        The store.
    draft
        What to record.
    caller
        Who records it.
    layer
        The feature's layer.
    feature
        The feature, for the distance to it; None where it was deleted.

    Returns
    -------
    Event
        Not sealed.

    Raises
    ------
    EventRefusedError
        With all reasons.
    """
    early = [*_storable(draft), *_evidence(store, draft, caller), *_whole_numbers(draft, layer)]
    if early:
        raise refused(early)
    return Event(
        id=draft.id,
        layer=layer.id,
        uid=draft.uid,
        kind=draft.kind,
        valid_at=draft.valid_at,
        actor=caller.name,
        role=caller.role,
        payload={**draft.payload, **({"on_behalf_of": draft.on_behalf_of} if draft.on_behalf_of else {})},
        base_revision=draft.base_revision,
        place=_measured(store, draft.place, feature),
        payload_version=draft.payload_version,
    )


def staged_layer(store: Store, layer_id: str, caller: Caller) -> tuple[Layer, StageTable]:
    """
    Get a layer that keeps progress.

    Parameters
    ----------
    store
        The store.
    layer_id
        Id of the layer.
    caller
        Who asks.

    Returns
    -------
    tuple of Layer and StageTable
        The layer and its stages.

    Raises
    ------
    LayerUnknownError
        If it is not there for the caller.
    EventRefusedError
        If it has no stages.
    """
    layer = store.catalogue.layer(layer_id)
    if not may_see(caller.role, layer.spec.access):
        raise LayerUnknownError(layer=layer_id)
    if layer.stage_table is None:
        zh, en = f"图层“{layer.spec.title.zh}”没有进度阶段", f"layer {layer_id} keeps no stages"
        raise refused([Issue("error", "layer_without_stages", layer_id, zh, en)])
    return layer, layer.stage_table


def caller_may_record(caller: Caller, layer: Layer, feature: Feature) -> bool:
    """
    Tell whether someone may record progress of a feature.

    Parameters
    ----------
    caller
        Who asks.
    layer
        The feature's layer.
    feature
        The feature.

    Returns
    -------
    bool
        Access to the layer, the role and the street office decide.
    """
    home = feature.properties.get("subdistrict")
    own = may_record(caller.role, caller.subdistricts, None if home is None else str(home))
    return own and may_see(caller.role, layer.spec.access)


def may_see_event(store: Store, event: Event, caller: Caller) -> bool:
    """
    Tell whether someone may see an event: its layer, and its feature or their own entry on it.

    Parameters
    ----------
    store
        The store.
    event
        The event.
    caller
        Who asks.

    Returns
    -------
    bool
        As for the feature; events of a deleted feature are for those who see the whole layer.
    """
    layer = store.catalogue.layers.get(event.layer)
    if layer is None or not may_see(caller.role, layer.spec.access):
        return False
    if own_part(caller.role, caller.subdistricts, layer) is None or (caller.name and event.actor == caller.name):
        return True
    try:
        visible_feature(store, caller.role, layer, event.uid, subdistricts=caller.subdistricts)
    except FeatureUnknownError:
        return False
    return True


def may_see_conflict(store: Store, conflict: KeptConflict, caller: Caller, *, home: str | None = None) -> bool:
    """
    Tell whether someone may see a kept conflict: its layer, and its feature or their own record of it.

    Parameters
    ----------
    store
        The store.
    conflict
        The conflict.
    caller
        Who asks.
    home
        Street office in which the feature lies or lay, if that was looked up already.

    Returns
    -------
    bool
        As for the feature; where that was deleted, the street office in which it lay decides.
    """
    layer = store.catalogue.layers.get(conflict.layer)
    if layer is None or not may_see(caller.role, layer.spec.access):
        return False
    own = own_part(caller.role, caller.subdistricts, layer)
    if own is None or (caller.name and conflict.actor == caller.name):
        return True
    if home is not None:
        return home in own
    try:
        return store.feature(layer.id, conflict.uid).properties.get("subdistrict") in own
    except FeatureUnknownError:
        return conflict.home in own


def may_see_attachment(store: Store, sha256: str, caller: Caller) -> bool:
    """
    Tell whether someone may see an attachment: they sent it, or it speaks of a feature they may see.

    Parameters
    ----------
    store
        The store.
    sha256
        Hash of its bytes; knowing it opens nothing.
    caller
        Who asks.

    Returns
    -------
    bool
        True for everyone who sent these bytes, and for whoever may see an entry or a kept conflict that names them.
    """
    if caller.name and caller.name in store.ledger.senders(sha256):
        return True
    if any(may_see_event(store, event, caller) for event in store.ledger.citing(sha256)):
        return True
    return any(may_see_conflict(store, conflict, caller) for conflict in store.conflicts.citing(sha256))


def refused(issues: Sequence[Issue]) -> EventRefusedError:
    """
    Make a refusal that tells all reasons.

    Parameters
    ----------
    issues
        At least one.

    Returns
    -------
    EventRefusedError
        Its field ``issues`` has the shape of the API.
    """
    first = issues[0]
    return EventRefusedError(first_zh=first.zh, first_en=first.en, issues=[issue.as_dict() for issue in issues])


def in_words(issues: Sequence[Issue], layer: Layer, table: StageTable) -> list[Issue]:
    """
    Call quantities by their titles: the ledger knows only the ids of fields.

    Parameters
    ----------
    issues
        What the ledger found.
    layer
        The layer.
    table
        Its stage table.

    Returns
    -------
    list of Issue
        The same in people's words.
    """
    told = list(issues)
    fields = [measure.field for measure in table.measures]
    if any(issue.code == "measure_unknown" for issue in issues):  # a phone's form may be older than the stage table
        fields = sorted(layer.fields_by_id, key=len, reverse=True)
    for name in fields:
        title = layer.field(name).title
        told = [replace(each, zh=each.zh.replace(name, title.zh), en=each.en.replace(name, title.en)) for each in told]
    return told


def _storable(draft: Draft) -> list[Issue]:
    """Text that is no Unicode and values that are no JSON cannot even be compared with what is there."""
    try:
        orjson.dumps([draft.id, dict(draft.payload)])
    except (TypeError, orjson.JSONEncodeError):
        zh = "内容含有不能保存的文字或数值"
        return [Issue("error", "payload_invalid", draft.id, zh, "the payload cannot be stored")]
    for mark in sorted(ledger.MARKS.intersection(draft.payload)):
        zh = f"“{mark}”由程序使用，不能填写"
        return [Issue("error", "payload_invalid", draft.id, zh, f"“{mark}” is not for forms")]
    if draft.valid_at.tzinfo is None:
        return [Issue("error", "time_zone_missing", draft.id, "时间缺少时区", "the time has no time zone")]
    if draft.valid_at.year < _FIRST_YEAR:
        zh = f"{_FIRST_YEAR} 年以前的事不能登记"
        return [Issue("error", "time_too_early", draft.id, zh, f"nothing is recorded from before {_FIRST_YEAR}")]
    if draft.place is not None and not (-180 <= draft.place.lon <= 180 and -90 <= draft.place.lat <= 90):
        return [Issue("error", "place_invalid", draft.id, "位置不是经纬度", "the place is not in degrees")]
    return []


def _evidence(store: Store, draft: Draft, caller: Caller) -> list[Issue]:
    """Only what one may see can be named: an entry of one's own would otherwise open anything whose hash is known."""
    given = draft.payload.get("evidence")
    if given is not None and not isinstance(given, list):
        return [Issue("error", "payload_invalid", draft.id, "附件清单格式不对", "evidence is a list of attachments")]
    named = [*(given or []), draft.payload.get("attachment")]
    missing = [
        each
        for each in named
        if each is not None
        and (store.ledger.attachment(str(each)) is None or not may_see_attachment(store, str(each), caller))
    ]
    return [
        Issue(
            "error",
            "attachment_unknown",
            draft.id,
            f"附件 {str(each)[:12]} 还没有上传",
            f"attachment {str(each)[:12]} has not been uploaded",
        )
        for each in missing
    ]


def _whole_numbers(draft: Draft, layer: Layer) -> list[Issue]:
    if draft.kind != "measure":
        return []
    broken = [
        name
        for name, value in draft.payload.items()
        if name in layer.fields_by_id
        and layer.field(name).type == "integer"
        and isinstance(value, float)
        and not value.is_integer()
    ]
    return [
        Issue(
            "error",
            "measure_not_whole",
            draft.id,
            f"{layer.field(name).title.zh}须为整数",
            f"{layer.field(name).title.en} must be a whole number",
        )
        for name in broken
    ]


def _measured(store: Store, place: Place | None, feature: Feature | None) -> Place | None:
    """Tell how far the person stood from the feature; the phone's own word is not taken."""
    if place is None or feature is None or feature.geometry is None:
        return place and replace(place, distance_m=None)
    district = store.catalogue.district
    pair = np.array([shapely.Point(place.lon, place.lat), feature.geometry], dtype=object)
    here, there = crs.transform(pair, district.storage_crs, district.metric_crs)
    return replace(place, distance_m=round(float(here.distance(there)), 1))
