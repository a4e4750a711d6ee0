"""A district of four roads, four houses and two facilities, whose answers are worked out by hand.

Metres from one corner. Roads: R1 along y=0 from x=0 to 1000, R2 up at x=1000, R3 up at x=0, R4 apart from all others at
x=5000. P1 is a project that would join the tops of R3 and R2. The facility F1 stands at the top of R2, F2 is planned at
the top of R3. C1 is a cleared parcel above the top of R3.

    H1 (0, 500)     500 + 1000 + 500      = 2000 m; 1000 m once P1 is open
    H2 (500, 10)    10 + 500 + 500        = 1010 m
    H3 (5050, 0)    its road leads nowhere
    H4 (9000, 0)    no road within 1000 m
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from yzgeo.catalogue import Catalogue
from yzgeo.store.base import Provenance
from yzgeo.workflows.runs import RunDesk
from yzgeo.workflows.workspace import Workspace, create_workspace, open_workspace, prepare_frame

EAST, NORTH = 41_567_000.0, 4_683_000.0
STREET_A, STREET_B = "211202001", "211202002"


def line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([(EAST + x, NORTH + y) for x, y in points])


def square(x: float, y: float, half: float = 0.5) -> shapely.Polygon:
    return shapely.box(EAST + x - half, NORTH + y - half, EAST + x + half, NORTH + y + half)


def point(x: float, y: float) -> shapely.Point:
    return shapely.Point(EAST + x, NORTH + y)


def layers() -> dict[str, dict[str, Any]]:
    """Columns and shapes of each layer."""
    return {
        "road": {
            "code": ["R1", "R2", "R3", "R4"],
            "road_class": ["lane"] * 4,
            "level": [0] * 4,
            "bridge": [False] * 4,
            "geometry": [
                line((0, 0), (1000, 0)),
                line((1000, 0), (1000, 500)),
                line((0, 0), (0, 500)),
                line((5000, 0), (5100, 0)),
            ],
        },
        "road_project": {
            "code": ["P1"],
            "kind": ["dead_end"],
            "stage": ["construction"],
            "planned_finish": ["2025-06-30"],
            "geometry": [line((0, 500), (1000, 500))],
        },
        "fitness_site": {
            "code": ["F1", "F2"],
            "name": ["广场一", "广场二"],
            "kind": ["square", "square"],
            "stage": ["completed", "planned"],
            "geometry": [point(1000, 500), point(0, 500)],
        },
        "residential_building": {
            "code": ["H1", "H2", "H3", "H4"],
            "name": ["一号楼", "=2+3", "三号楼", "四号楼"],
            "subdistrict": [STREET_A, STREET_A, STREET_B, STREET_B],
            "residents": [10.0, 20.0, 30.0, 40.0],
            "dwellings": [4, 8, 12, 16],
            "geometry": [square(0, 500), square(500, 10), square(5050, 0), square(9000, 0)],
        },
        "shantytown_parcel": {
            "code": ["C1", "C2"],
            "name": ["净地一", "未动地块"],
            "area_m2": [400.0, 400.0],
            "stage": ["cleared", "planned"],
            "geometry": [square(0, 520, 10), square(500, 200, 10)],
        },
        "base_station_5g": {
            "code": ["B1"],
            "stage": ["planned"],
            "geometry": [point(0, 500)],
        },
    }


def write(workspace: Workspace, layer: str, columns: dict[str, Any]) -> list[str]:
    """Write features into a layer and tell their ids."""
    catalogue = workspace.catalogue
    count = len(columns["code"])
    content = {"data_status": ["illustrative"] * count, "source": ["test"] * count, **columns}
    frame = gpd.GeoDataFrame(content, crs=catalogue.district.metric_crs)
    put = prepare_frame(catalogue.layer(layer), frame, catalogue.district.storage_crs)
    workspace.store.write(layer, put=put, provenance=Provenance(actor="test", reason="test"))
    return list(put.index)


@pytest.fixture
def bare(tmp_path: Path, catalogue: Catalogue) -> Iterator[Workspace]:
    """An open, empty workspace."""
    create_workspace(tmp_path / "workspace", catalogue)
    with open_workspace(tmp_path / "workspace", catalogue) as opened:
        yield opened


@pytest.fixture
def uids(bare: Workspace) -> dict[str, str]:
    """The district written into the workspace: id of each feature by its code."""
    found: dict[str, str] = {}
    for layer, columns in layers().items():
        found |= dict(zip(columns["code"], write(bare, layer, columns), strict=True))
    return found


@pytest.fixture
def desk(bare: Workspace, uids: dict[str, str]) -> Iterator[RunDesk]:
    """The desk of that district."""
    made = RunDesk(bare.store, bare.path)
    yield made
    made.close()


@pytest.fixture
def ask(desk: RunDesk) -> Callable[..., dict[str, Any]]:
    """Ask for coverage of the fitness circle, or what is named, and wait."""

    def asking(analysis: str = "coverage", **parameters: Any) -> dict[str, Any]:
        return desk.ask(analysis, {"circle": "fitness_10min", **parameters})

    return asking


@pytest.fixture
def metres(desk: RunDesk, uids: dict[str, str]) -> Callable[[dict[str, Any]], dict[str, float]]:
    """Read the distances of a run by the code of the house."""

    def reading(run: dict[str, Any]) -> dict[str, float]:
        table = desk.shelf.table(run["id"], "demand").set_index("uid")
        return {code: float(table.at[uids[code], "distance_m"]) for code in ("H1", "H2", "H3", "H4")}

    return reading
