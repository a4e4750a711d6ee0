from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa


def ask(path: Path, output: Path, **changed: Any) -> dict[str, Any]:
    request = {
        "path": str(path),
        "output": str(output),
        "geometry_as": "shape",
        "layer": None,
        "encoding": None,
        "memory_bytes": 4 * 1024**3,
        "seconds": 60,
        "max_rows": 1000,
    } | changed
    command = [sys.executable, "-W", "ignore", "-m", "yzgeo.ingest.worker"]
    done = subprocess.run(command, input=json.dumps(request).encode(), capture_output=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_the_rows_leave_as_arrow_and_the_answer_as_json(world: Path, tmp_path: Path) -> None:
    output = tmp_path / "rows.arrow"
    answer = ask(world, output)
    found = {name: answer.pop(name) for name in ("kind", "declared_by", "stated", "encoding_guess")}
    assert (found["kind"], found["declared_by"], found["stated"]) == ("shp", "file", ["naturalearth_lowres"])
    # Its Latin letters are valid GBK by accident: nothing is certain, and the format's own mark decides.
    assert found["encoding_guess"]["verdict"] == "ask"
    assert answer == {
        "ok": True,
        "rows": 177,
        "layer": "naturalearth_lowres",
        "layers": ["naturalearth_lowres"],
        "crs": "EPSG:4326",
        "encoding": "UTF-8",
        "geometry": True,
    }
    table = pa.ipc.open_file(output).read_all()
    assert table.num_rows == 177
    assert "shape" in table.column_names


def test_a_refusal_is_an_answer_too_and_names_no_folder(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text('{"type": "FeatureCollection", "features": [', encoding="utf-8")
    answer = ask(path, tmp_path / "rows.arrow")
    assert (answer["ok"], answer["kind"]) == (False, "unreadable")
    assert str(tmp_path) not in answer["reason"]


def test_rows_over_the_limit(world: Path, tmp_path: Path) -> None:
    assert ask(world, tmp_path / "rows.arrow", max_rows=10)["kind"] == "rows"
