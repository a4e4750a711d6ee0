"""The command line as a person or a script meets it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from shapely.geometry import box

from yzgeo.catalogue import Catalogue
from yzgeo.cli.application import run
from yzgeo.workflows.workspace import create_workspace


@dataclass
class Outcome:
    """What came back."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.out)


@pytest.fixture
def yzgeo(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Run the command line in this process."""
    monkeypatch.setenv("COLUMNS", "200")

    def call(*words: object) -> Outcome:
        code = run([str(word) for word in words])
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call


@pytest.fixture
def workspace(tmp_path: Path, catalogue: Catalogue) -> Path:
    """An empty workspace."""
    return create_workspace(tmp_path / "workspace", catalogue).path


@pytest.fixture
def parcels(tmp_path: Path) -> Path:
    """Three squares as a GeoPackage of another program."""
    path = tmp_path / "parcels.gpkg"
    table = {"编号": ["A1", "A2", "A3"], "面积": [1.0, 2.0, 3.0], "阶段": ["未启动", "签约", "净地"]}
    shapes = [box(123.84 + 0.01 * n, 42.28, 123.845 + 0.01 * n, 42.285) for n in range(3)]
    gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4490").to_file(path)
    return path
