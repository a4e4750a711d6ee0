"""Files that mean harm, or were harmed: refused with a sentence, quickly, in little memory, and nothing is stored."""

from __future__ import annotations

import json
import os
import random
import resource
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from yzgeo.errors import FileLimitError, YzgeoError
from yzgeo.ingest import reading
from yzgeo.workflows.imports import import_file
from yzgeo.workflows.workspace import Workspace

LAYER = "shantytown_parcel"
CORPUS = Path(__file__).parents[3] / "data" / "import"
HOSTILE = sorted(path for path in CORPUS.glob("hostile_*") if path.suffix != ".json")
MOST_S = 10.0
CORES = os.cpu_count() or 1
MOST_KIB = 1024**2


def star(count: int) -> shapely.Polygon:
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    radius = 0.005 + 0.0005 * np.sin(turn * 50_000)
    return shapely.Polygon(np.column_stack([123.85 + radius * np.cos(turn), 42.29 + radius * np.sin(turn)]))


def write(path: Path, *shapes: shapely.Geometry) -> Path:
    table = {"编号": [f"A{number}" for number in range(len(shapes))], "面积": 1.0, "阶段": "未启动"}
    gpd.GeoDataFrame(table, geometry=list(shapes), crs="EPSG:4490").to_file(path)
    return path


class Reader(threading.Thread):
    """Follows the reading processes and keeps the largest of the kernel's high-water marks of their memory.

    `getrusage` would not do: a child begins in the memory of its parent, so its maximum is never below what this
    process, which runs a thousand tests, has at that moment.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.largest_kib = 0
        self._over = threading.Event()

    def __enter__(self) -> Reader:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        while not self._over.wait(0.01):
            for children in Path("/proc/self/task").glob("*/children"):
                for pid in self._words(children):
                    self._look(Path("/proc") / pid)

    def _look(self, process: Path) -> None:
        # Only once it has become another program its memory is its own.
        if any("yzgeo.ingest.worker" in word for word in self._words(process / "cmdline")):
            words = self._words(process / "status")
            if "VmHWM:" in words:
                self.largest_kib = max(self.largest_kib, int(words[words.index("VmHWM:") + 1]))

    @staticmethod
    def _words(path: Path) -> list[str]:
        try:
            return path.read_text().replace("\0", " ").split()
        except OSError:  # it has ended
            return []


def spent_s() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def crowd() -> float:
    """How many want each core: what others compute at the same time makes everything wait that much longer."""
    return max(1.0, os.getloadavg()[0] / CORES)


def refused(workspace: Workspace, path: Path, **options: Any) -> str:
    """Import and tell the refusal's code, having measured what it cost, the reading process included."""
    before, began, crowded = spent_s(), time.monotonic(), crowd()
    with Reader() as reader:
        try:
            code, told = import_file(workspace, path, layer=LAYER, **options).verdict, ("", "-")
        except YzgeoError as error:
            code, told = error.code, (error.message("zh"), error.message("en"))
    assert code != "ok"
    assert told[0] != told[1]
    assert "Traceback" not in told[1]
    assert spent_s() - before < MOST_S
    assert time.monotonic() - began < MOST_S * max(crowded, crowd())
    assert reader.largest_kib < MOST_KIB
    assert workspace.store.revision(LAYER) == 0
    return code


@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: path.name)
def test_the_corpus_of_hostile_files(workspace: Workspace, path: Path) -> None:
    expected = {
        "hostile_bomb.zip": {"archive_unsafe", "file_over_limit"},
        "hostile_traversal.zip": {"archive_unsafe"},
        "hostile_nested.zip": {"archive_unsafe"},
        "hostile_entities.kml": {"xml_entities"},
        "hostile_injection.csv": {"geometry_type_mismatch"},
        "hostile_numbers.csv": {"crs_missing", "crs_unsupported", "rows_rejected", "needs_confirmation"},
    }
    assert refused(workspace, path) in expected.get(path.name, {"file_unreadable"})


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".gpkg", ".shp"])
def test_three_million_vertices(workspace: Workspace, tmp_path: Path, ending: str) -> None:
    path = write(tmp_path / f"large{ending}", star(3_000_000))
    assert refused(workspace, path) == "file_over_limit"


@pytest.mark.parametrize("ending", [".gpkg", ".shp"])
def test_three_million_vertices_in_many_shapes_are_read(tmp_path: Path, ending: str) -> None:
    path = write(tmp_path / f"many{ending}", *[star(1_000)] * 3_000)
    with Reader() as reader:
        source = reading.read(path)
    assert source.rows == 3_000
    assert source.geometry is not None
    assert shapely.get_num_coordinates(source.geometry).sum() == 3_000 * 1_001
    assert path.stat().st_size / 1024 < reader.largest_kib < MOST_KIB


def test_a_detailed_outline_is_no_attack(workspace: Workspace, tmp_path: Path) -> None:
    path = write(tmp_path / "detailed.gpkg", star(100_000))
    report = import_file(workspace, path, layer=LAYER)
    assert report.verdict == "ok"


def test_entities_hide_in_an_archive_too(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "hidden.kmz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("doc.kml", (CORPUS / "hostile_entities.kml").read_bytes())
    assert refused(workspace, path) == "xml_entities"


def test_numbers_beyond_the_earth(workspace: Workspace, tmp_path: Path) -> None:
    far = shapely.Polygon([(1e308, 1e308), (1e308, -1e308), (-1e308, 0), (1e308, 1e308)])
    collection = {"type": "FeatureCollection", "features": []}
    for number, shape in enumerate((far, star(10))):
        properties = {"code": f"A{number}", "area_m2": 1e308, "stage": "planned"}
        collection["features"].append(  # type: ignore[attr-defined]
            {"type": "Feature", "properties": properties, "geometry": shape.__geo_interface__}
        )
    path = tmp_path / "far.geojson"
    path.write_text(json.dumps(collection))
    assert refused(workspace, path, crs="EPSG:4490") in {"rows_rejected", "needs_confirmation", "crs_unsupported"}
    path.write_text(path.read_text().replace("1e+308", "NaN"))
    assert refused(workspace, path, crs="EPSG:4490") in {"file_unreadable", "rows_rejected", "needs_confirmation"}


def test_memory_in_use_is_watched(tmp_path: Path) -> None:
    path = write(tmp_path / "a.gpkg", star(10))
    with pytest.raises(FileLimitError, match="16 MiB"):
        reading.read(path, limits=reading.Limits(memory_bytes=16 * 1024**2))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["zone_gbk.zip", "declared.geojson", "ledger_streets.xlsx", "ledger_old.xls"])
def test_damaged_files_are_refused_or_read_but_never_a_fault(workspace: Workspace, tmp_path: Path, name: str) -> None:
    chance = random.Random(name)
    whole = (CORPUS / name).read_bytes()
    for attempt in range(4):
        content = bytearray(whole[: chance.randrange(1, len(whole))] if attempt % 2 else whole)
        for _ in range(1 + attempt * 8):
            content[chance.randrange(len(content))] = chance.randrange(256)
        path = tmp_path / f"{attempt}{name}"
        path.write_bytes(bytes(content))
        try:
            report = import_file(workspace, path, layer=LAYER, dry_run=True)
        except YzgeoError:
            continue
        assert report.rows_in == report.rows_kept + len(report.rejected)
    assert workspace.store.revision(LAYER) == 0


def test_the_store_is_as_it_was(workspace: Workspace, parcels: Callable[..., Path]) -> None:
    import_file(workspace, parcels(), layer=LAYER)
    before = workspace.store.frame(LAYER)
    for path in HOSTILE[:3]:
        with pytest.raises(YzgeoError):
            import_file(workspace, path, layer=LAYER, mode="replace")
    assert workspace.store.frame(LAYER).equals(before)
