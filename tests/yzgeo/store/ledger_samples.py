"""A tiny catalogue with stages, and events on it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml

from tests.yzgeo.store.conftest import DEFAULTS, LAYERS, layer_file, text, write_layers
from yzgeo.catalogue import Catalogue, load
from yzgeo.ledger import ZONE, Event

STAGES = {
    "description": text("测试", "test"),
    "stages": [
        {"id": "planned", "label": text("未启动", "Planned")},
        {"id": "works", "label": text("施工", "Works")},
        {"id": "finished", "label": text("完工", "Finished"), "done": True, "second_person": True},
        {"id": "paused", "label": text("暂停", "Paused"), "aside": True},
    ],
    "measures": [{"field": "laid", "limit_field": "length"}, {"field": "percent", "limit": 100}],
}
STAGE_FIELDS = [
    {"id": "stage", "title": text("阶段", "Stage"), "type": "text"},
    {"id": "stage_date", "title": text("阶段日期", "Stage date"), "type": "date"},
    {"id": "planned_finish", "title": text("计划完成", "Planned finish"), "type": "date"},
]
SHARED = [
    *DEFAULTS["fields"],
    {"id": "subdistrict", "title": text("街道", "Subdistrict"), "type": "text"},
    {"id": "community", "title": text("社区", "Community"), "type": "text"},
    {"id": "data_status", "title": text("状态", "Status"), "type": "text"},
]
FIELDS = [
    {"id": "length", "title": text("长度", "Length"), "type": "number", "unit": "m"},
    {"id": "laid", "title": text("已敷设", "Laid"), "type": "number", "unit": "m"},
    {"id": "percent", "title": text("进度", "Percent"), "type": "integer", "unit": "percent"},
]
DAY = datetime(2024, 1, 1, 12, 0, tzinfo=ZONE)


def staged_catalogue(root: Path) -> Catalogue:
    """A district with two layers: ``work`` keeps stages, ``note`` does not."""
    work = {**layer_file("work", "point", zh="工程", fields=FIELDS), "stages": "stages.yaml"}
    write_layers(root, {"work": work, "note": LAYERS["note"]})
    defaults = {**DEFAULTS, "fields": SHARED, "stage_fields": STAGE_FIELDS}
    (root / "defaults.yaml").write_text(yaml.safe_dump(defaults, allow_unicode=True), "utf-8")
    (root / "work" / "stages.yaml").write_text(yaml.safe_dump(STAGES, allow_unicode=True), "utf-8")
    return load(root)


def event(
    number: int,
    uid: str = "w1",
    *,
    days: float = 0,
    kind: Any = "transition",
    actor: str = "wang",
    role: str = "planner",
    layer: str = "work",
    **payload: Any,
) -> Event:
    """An event that nobody has sealed yet."""
    return Event(
        id=str(UUID(int=number)),
        layer=layer,
        uid=uid,
        kind=kind,
        valid_at=DAY + timedelta(days=days),
        actor=actor,
        role=role,
        payload=payload,
    )


def approval(number: int, of: int, uid: str = "w1", *, days: float = 0, granted: bool = True) -> Event:
    """A second person's word."""
    return event(
        number, uid, days=days, kind="approval", actor="li", role="bureau", event=str(UUID(int=of)), granted=granted
    )


def admit(*_: object) -> None:
    """Judge nothing."""
