"""A tiny catalogue of its own, so that the store's tests don't hang on the shipped layers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import geopandas as gpd
import pytest
import yaml

from tests.stores import in_file, in_schema
from yzgeo.catalogue import Catalogue, load
from yzgeo.store.base import Provenance, Store
from yzgeo.store.postgis.store import PostGISStore
from yzgeo.store.sqlite import GeoPackageStore

BY = Provenance("tester", "test")


def text(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


def layer_file(layer_id: str, geometry: str, *, zh: str, fields: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": layer_id,
        "title": text(zh, layer_id),
        "description": text(f"{zh}，仅供测试", f"{layer_id}, for tests"),
        "group": "things",
        "geometry": geometry,
        "access": "public",
        "owner": text("测试", "tests"),
        "source": text("测试", "tests"),
        "licence": "Apache-2.0",
        "vintage": "2024",
        "fields": fields,
    }


DISTRICT = {
    "id": "tiny",
    "code": "999999",
    "name": text("小区", "Tiny"),
    "city": text("市", "City"),
    "province": text("省", "Province"),
    "product_title": text("一张图", "One map"),
    "plan": text("规划", "Plan"),
    "plan_period": ["2021-01-01", "2025-12-31"],
    "storage_crs": "EPSG:4490",
    "metric_crs": "EPSG:4529",
    "center": [123.0, 42.0],
    "boundary_file": "b.geojson",
    "subdistricts_file": "s.csv",
    "communities_file": "c.csv",
    "population": {"value": 1, "unit": "persons", "date": "2020", "source": "t"},
    "areas": [{"value": 1, "unit": "km2", "date": "2020", "source": "t"}],
    "attributions": [],
}
DEFAULTS = {
    "groups": [{"id": "things", "title": text("事物", "Things")}],
    "fields": [
        {"id": "code", "title": text("编号", "Code"), "type": "text"},
        {"id": "name", "title": text("名称", "Name"), "type": "text"},
    ],
    "stage_fields": [{"id": "stage", "title": text("阶段", "Stage"), "type": "text"}],
}
KINDS = [
    {"id": "a", "label": text("甲", "A")},
    {"id": "b", "label": text("乙", "B")},
]
FIELDS: list[dict[str, Any]] = [
    {"id": "kind", "title": text("类别", "Kind"), "type": "text", "values": KINDS},
    {"id": "floors", "title": text("层数", "Floors"), "type": "integer"},
    {"id": "height", "title": text("高度", "Height"), "type": "number", "unit": "m"},
    {"id": "listed", "title": text("在册", "Listed"), "type": "boolean"},
    {"id": "built_on", "title": text("建成日期", "Built on"), "type": "date"},
    {"id": "seen_at", "title": text("查看时间", "Seen at"), "type": "datetime"},
]
LAYERS = {
    "area": layer_file("area", "polygon", zh="面", fields=FIELDS),
    "path": layer_file("path", "line", zh="线", fields=[]),
    "spot": layer_file("spot", "point", zh="点", fields=FIELDS[:2]),
    "note": layer_file("note", "none", zh="记事", fields=FIELDS[:3]),
}


def write_layers(root: Path, layers: dict[str, dict[str, Any]]) -> None:
    root.mkdir(parents=True, exist_ok=True)
    (root / "district.yaml").write_text(yaml.safe_dump(DISTRICT, allow_unicode=True), "utf-8")
    (root / "defaults.yaml").write_text(yaml.safe_dump(DEFAULTS, allow_unicode=True), "utf-8")
    for layer_id, content in layers.items():
        folder = root / layer_id
        folder.mkdir(exist_ok=True)
        (folder / f"{layer_id}.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
        symbol = {"polygon": "fill", "line": "line"}.get(content["geometry"], "circle")
        legend = [
            {"label": text("甲", "A"), "symbol": symbol, "color": "#c04030"},
            {"label": text("乙", "B"), "symbol": symbol, "color": "#3040c0", "dash": [2, 1]},
        ]
        style = {"layers": [], "legend": legend}
        (folder / "style.json").write_text(json.dumps(style, ensure_ascii=False), "utf-8")


@pytest.fixture(scope="session")
def tiny_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tiny") / "layers"
    write_layers(root, LAYERS)
    return root


@pytest.fixture(scope="session")
def tiny(tiny_root: Path) -> Catalogue:
    return load(tiny_root)


@dataclass
class Clock:
    """A clock that stands still until told to move."""

    now: datetime = field(default=datetime(2024, 5, 1, 8, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **step: float) -> None:
        self.now += timedelta(**step)


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Backend(Protocol):
    """What a kind of store must offer to run the contract: an empty store, and the same one opened again."""

    def create(self, catalogue: Catalogue) -> Store: ...

    def reopen(self, catalogue: Catalogue) -> Store: ...

    def look(self, statement: str) -> list[Any]:
        """Ask the database without the store."""

    def tamper(self, *statements: str) -> None:
        """Change it behind the store's back, past its triggers."""

    def sibling(self) -> Backend:
        """Give another of the kind, for tests that need many; the first closes it."""

    def close(self) -> None: ...


class GeoPackageBackend:
    def __init__(self, folder: Path, clock: Clock) -> None:
        self.folder = folder
        self.clock = clock
        self.opened: list[Store] = []
        self.siblings: list[GeoPackageBackend] = []

    def create(self, catalogue: Catalogue) -> Store:
        self.opened.append(GeoPackageStore.create(self.folder, catalogue, clock=self.clock))
        return self.opened[-1]

    def reopen(self, catalogue: Catalogue) -> Store:
        self.opened.append(GeoPackageStore.open(self.folder, catalogue, clock=self.clock))
        return self.opened[-1]

    def look(self, statement: str) -> list[Any]:
        return in_file(self.folder / "yzgeo.gpkg", statement, rules=True)

    def tamper(self, *statements: str) -> None:
        in_file(self.folder / "yzgeo.gpkg", *statements, rules=False)

    def sibling(self) -> GeoPackageBackend:
        self.siblings.append(GeoPackageBackend(self.folder.with_name(f"sibling-{uuid4().hex}"), self.clock))
        return self.siblings[-1]

    def close(self) -> None:
        for each in (*self.opened, *self.siblings):
            each.close()


class PostGISBackend:
    """A schema of its own on the server of this run."""

    def __init__(self, server: str, clock: Clock) -> None:
        self.url = f"{server}?schema=t{uuid4().hex}"
        self.clock = clock
        self.opened: list[Store] = []
        self.siblings: list[PostGISBackend] = []

    def create(self, catalogue: Catalogue) -> Store:
        self.opened.append(PostGISStore.create(self.url, catalogue, clock=self.clock))
        return self.opened[-1]

    def reopen(self, catalogue: Catalogue) -> Store:
        self.opened.append(PostGISStore.open(self.url, catalogue, clock=self.clock))
        return self.opened[-1]

    def look(self, statement: str) -> list[Any]:
        return in_schema(self.url, statement, rules=True)

    def tamper(self, *statements: str) -> None:
        in_schema(self.url, *statements, rules=False)

    def sibling(self) -> PostGISBackend:
        self.siblings.append(PostGISBackend(self.url.partition("?")[0], self.clock))
        return self.siblings[-1]

    def close(self) -> None:
        for each in (*self.opened, *self.siblings):
            each.close()


@pytest.fixture
def backend(request: pytest.FixtureRequest, store_kind: str, tmp_path: Path, clock: Clock) -> Iterator[Backend]:
    made: GeoPackageBackend | PostGISBackend
    if store_kind == "geopackage":
        made = GeoPackageBackend(tmp_path / "workspace", clock)
    else:
        made = PostGISBackend(request.getfixturevalue("postgis_server"), clock)
    yield made
    made.close()


@pytest.fixture
def store(backend: Backend, tiny: Catalogue) -> Store:
    return backend.create(tiny)


@pytest.fixture
def geopackage(tmp_path: Path, tiny: Catalogue, clock: Clock) -> Iterator[GeoPackageStore]:
    made = GeoPackageStore.create(tmp_path / "workspace", tiny, clock=clock)
    yield made
    made.close()


def frame(geometries: dict[str, Any], **columns: Any) -> gpd.GeoDataFrame:
    """Features by uid."""
    return gpd.GeoDataFrame(
        columns,
        index=list(geometries),
        geometry=gpd.GeoSeries(list(geometries.values()), index=list(geometries)),
        crs="EPSG:4490",
    )
