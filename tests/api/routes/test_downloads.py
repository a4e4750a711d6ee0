"""Files over HTTP: whole, named in Chinese, in the audit, and only what the caller may see."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import geopandas as gpd
import openpyxl
import pyogrio
import pytest

LAYER = "shantytown_parcel"
CODES = [f"P{number:02d}" for number in range(1, 7)]


def codes(content: bytes, kind: str, folder: Path) -> list[str]:
    """Read the codes with a library that did not write them."""
    path = folder / f"a.{kind}"
    path.write_bytes(content)
    if kind == "csv":
        return [row["编号"] for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig")))]
    if kind == "xlsx":
        return [str(row[0]) for row in openpyxl.load_workbook(path).worksheets[1].values][1:]
    if kind == "geojson":
        return [feature["properties"]["code"] for feature in json.loads(content)["features"]]
    frame = gpd.read_parquet(path) if kind == "parquet" else gpd.read_file(path, layer=LAYER)
    assert frame.crs.to_authority() == ("EPSG", "4490")
    return sorted(frame["code"])


@pytest.mark.parametrize("kind", ["gpkg", "geojson", "fgb", "parquet", "csv", "xlsx"])
def test_a_layer_in_every_kind_of_file(client, tmp_path: Path, kind: str) -> None:
    answer = client.get(f"/api/layers/{LAYER}/download?f={kind}")
    assert answer.status_code == 200
    assert codes(answer.content, kind, tmp_path) == CODES
    assert int(answer.headers["content-length"]) == len(answer.content)
    named = answer.headers["content-disposition"]
    assert named == f"attachment; filename*=UTF-8''{quote('棚户区改造地块')}.{kind}; filename=\"{LAYER}.{kind}\""


def test_hidden_fields_are_not_in_it(client, connect) -> None:
    def fields(asking) -> set[str]:
        answer = asking.get(f"/api/layers/{LAYER}/download?f=geojson")
        return set(answer.json()["features"][0]["properties"])

    assert "households" not in fields(client)
    assert "households" in fields(connect("viewer"))


def test_the_package_holds_what_the_caller_may_see_with_styles(client, connect, tmp_path: Path) -> None:
    seen = {}
    for name, asking in (("anonymous", client), ("planner", connect("planner"))):
        answer = asking.get("/api/download")
        assert answer.headers["content-type"] == "application/geopackage+sqlite3"
        path = tmp_path / f"{name}.gpkg"
        path.write_bytes(answer.content)
        seen[name] = {layer for layer, _ in pyogrio.list_layers(path)}
        with closing(sqlite3.connect(path)) as connection:
            styled = dict(connection.execute("SELECT f_table_name, styleQML FROM layer_styles"))
        assert set(styled) == seen[name] - {"layer_styles"}
        assert ('field="households"' in styled[LAYER]) == (name == "planner")
        assert (b"\xe7\xa7\x98\xe5\xaf\x86" in answer.content) == (name == "planner")  # 秘密
    assert seen["planner"] - seen["anonymous"] == {"pipe_segment"}
    book = openpyxl.load_workbook(io.BytesIO(client.get("/api/download?f=xlsx").content))
    assert len(book.worksheets) == len(seen["anonymous"])  # a sheet for each layer, and the one that tells the source


def test_it_is_revalidated_and_changes_with_the_data(client, connect, workspace) -> None:
    address = f"/api/layers/{LAYER}/download?f=csv"
    tag = client.get(address).headers["etag"]
    again = client.get(address, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert connect("viewer").get(address, headers={"If-None-Match": tag}).status_code == 200
    uid = workspace.store.rows(LAYER).uids[0]
    workspace.store.write(LAYER, delete=[uid], provenance=_by())
    changed = client.get(address, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert codes(changed.content, "csv", Path(tempfile.mkdtemp())) == CODES[1:]


def test_the_audit_tells_who_took_what(connect) -> None:
    connect("viewer").get(f"/api/layers/{LAYER}/download?f=xlsx")
    connect("viewer").get("/api/download")
    lines = connect("admin").get("/api/audit?kind=download").json()["lines"]
    told = [(line["actor"], line["subject"], line["details"]["file"]) for line in lines]
    assert told == [
        ("viewer", "/api/download", "yzgeo.gpkg"),
        ("viewer", f"/api/layers/{LAYER}/download", f"{LAYER}.xlsx"),
    ]
    assert all(line["details"]["bytes"] > 0 for line in lines)


def test_a_layer_and_the_package_with_their_history(client, connect, workspace, tmp_path: Path) -> None:
    planner = connect("planner")
    uid = workspace.store.rows(LAYER).uids[0]
    address = f"/api/layers/{LAYER}/download?history=true"
    before = planner.get(address)
    entry = {"id": str(uuid4()), "kind": "note", "valid_at": "2024-07-01T00:00:00Z", "payload": {"text": "看过现场"}}
    ours = {"X-Requested-With": "test"}
    recorded = planner.post(f"/api/layers/{LAYER}/features/{uid}/events", json=entry, headers=ours)
    assert recorded.status_code == 201, recorded.text
    after = planner.get(address, headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200, "an entry that changes no feature changes the history"
    told = {}
    for name, answer in (("before", before), ("after", after), ("public", client.get(address))):
        path = tmp_path / f"{name}.gpkg"
        path.write_bytes(answer.content)
        told[name] = gpd.read_file(path, layer=f"{LAYER}_events")
    assert set(told["after"]["event"]) - set(told["before"]["event"]) == {entry["id"]}
    assert "看过现场" in "".join(told["after"]["payload"])
    assert "看过现场" not in "".join(told["public"]["payload"])
    named = after.headers["content-disposition"]
    assert named.endswith(f'filename="{LAYER}-history.gpkg"')
    whole = tmp_path / "all.gpkg"
    whole.write_bytes(planner.get("/api/download?history=true").content)
    assert {f"{LAYER}_versions", "pipe_segment_versions", "road_versions"} <= {
        layer for layer, _ in pyogrio.list_layers(whole)
    }
    assert client.get(f"/api/layers/{LAYER}/download?history=true&f=csv").status_code == 400
    lines = connect("admin").get("/api/audit?kind=download").json()["lines"]
    assert [line["details"]["file"] for line in lines[:1]] == ["yzgeo-history.gpkg"]


def test_nothing_stays_behind(client, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "t"))
    (tmp_path / "t").mkdir()
    assert client.get(f"/api/layers/{LAYER}/download").status_code == 200
    assert list((tmp_path / "t").iterdir()) == []


@pytest.mark.parametrize("query", ["f=dwg", "format=csv", "f=geojson&f=csv"])
def test_what_is_not_offered_is_refused(client, query: str) -> None:
    for address in (f"/api/layers/{LAYER}/download", "/api/download"):
        answer = client.get(f"{address}?{query}")
        assert answer.status_code == 400
        assert answer.headers["content-type"] == "application/problem+json"
    assert client.get("/api/download?f=csv").status_code == 400


def _by():
    from yzgeo.store.base import Provenance

    return Provenance(actor="test", reason="test")
