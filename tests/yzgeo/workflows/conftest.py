"""An empty workspace and small files to put into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from shapely.geometry import box

from tests.stores import Premises
from yzgeo.workflows.workspace import Workspace


@pytest.fixture
def workspace(premises: Premises, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """An open, empty workspace."""
    if premises.url is not None:
        monkeypatch.setenv("YZGEO_DATABASE_URL", premises.url)
    with premises.workspace() as opened:
        yield opened


@pytest.fixture
def parcels(tmp_path: Path) -> Callable[..., Path]:
    """Write squares as shantytown parcels; column values may be changed or added."""

    def write(name: str = "parcels.gpkg", *, count: int = 3, crs: str | None = "EPSG:4490", **columns: Any) -> Path:
        table: dict[str, Any] = {
            "编号": [f"A{n}" for n in range(count)],
            "面积": [100.0 + n for n in range(count)],
            "阶段": ["未启动"] * count,
        }
        table.update(columns)
        shapes = [box(123.84 + 1e-5 * n, 42.28, 123.84 + 1e-5 * (n + 0.9), 42.285) for n in range(count)]
        path = tmp_path / name
        gpd.GeoDataFrame(table, geometry=shapes, crs=crs or "EPSG:4490").to_file(path)
        if crs is None:  # a Shapefile without its .prj
            path.with_suffix(".prj").unlink()
        return path

    return write
