from __future__ import annotations

from pathlib import Path

import pytest

from yzgeo.errors import ParameterError
from yzgeo.report.formats import FORMATS, choose


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("a.gpkg", "gpkg"),
        ("a.GeoJSON", "geojson"),
        ("a.csv", "csv"),
        ("a.xlsx", "xlsx"),
        ("a.parquet", "geoparquet"),
        ("a.fgb", "flatgeobuf"),
    ],
)
def test_the_ending_decides(name: str, key: str) -> None:
    assert choose(Path(name), None, many=False) is FORMATS[key]


def test_a_name_beats_the_ending() -> None:
    assert choose(Path("a.txt"), "csv", many=False) is FORMATS["csv"]


@pytest.mark.parametrize(
    ("path", "name", "many"), [("a.dwg", None, False), ("a.csv", "dwg", False), ("a.csv", None, True)]
)
def test_what_cannot_be(path: str, name: str | None, many: bool) -> None:
    with pytest.raises(ParameterError):
        choose(Path(path), name, many=many)


@pytest.mark.parametrize("key", list(FORMATS))
def test_every_format_writes_every_layer(key: str, table, catalogue, tmp_path: Path) -> None:
    for layer in catalogue.layers:
        path = tmp_path / f"{layer}{FORMATS[key].endings[0]}"
        assert FORMATS[key].write(path, [table(layer)], catalogue.district) == 2
        assert path.stat().st_size > 0
