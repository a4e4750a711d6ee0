from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from shapely.geometry import box

from yzgeo.catalogue import Catalogue
from yzgeo.cli import application
from yzgeo.store import open_store

CJK = ("\u4e00", "\u9fff")


def fingerprint(workspace: Path, catalogue: Catalogue) -> str:
    """A hash over everything a reader can see."""
    store = open_store(workspace, catalogue)
    try:
        total = hashlib.sha256()
        for layer in catalogue.layers:
            total.update(f"{layer} {store.revision(layer)} {len(store.batches(layer))}".encode())
            total.update(store.frame(layer).to_wkt().to_csv().encode())
        return total.hexdigest()
    finally:
        store.close()


def bilingual(text: str) -> bool:
    return any(CJK[0] <= letter <= CJK[1] for letter in text) and any(
        word.isascii() and len(word) > 3 for word in text.split()
    )


def bad_inputs(folder: Path, parcels: Path) -> dict[str, list[Any]]:
    """Every bad input of a list, by the code of its refusal."""
    columns = {"code": ["A1"], "area_m2": [1.0], "stage": ["planned"]}
    wrong = columns | {"area_m2": [-1.0]}
    place = box(123.84, 42.28, 123.85, 42.29)
    gpd.GeoDataFrame(wrong, geometry=[place], crs="EPSG:4490").to_file(folder / "invalid.gpkg")
    gpd.GeoDataFrame(columns, geometry=[box(1, 1, 2, 2)], crs="EPSG:4490").to_file(folder / "bare.shp")
    (folder / "bare.prj").unlink()
    (folder / "cut.gpkg").write_bytes(parcels.read_bytes()[:30_000])
    parcel = ["--layer", "shantytown_parcel"]
    return {
        "file_missing": ["import", folder / "none.gpkg", *parcel],
        "file_unreadable": ["import", folder / "cut.gpkg", *parcel],
        "geometry_type_mismatch": ["import", parcels, "--layer", "road"],
        "layer_unknown": ["import", parcels, "--layer", "castle"],
        "crs_missing": ["import", folder / "bare.shp", *parcel],
        "crs_parameters_needed": ["import", parcels, *parcel, "--crs", "EPSG:2433"],
        "crs_unsupported": ["import", parcels, *parcel, "--crs", "EPSG:999999"],
        "rows_rejected": ["import", folder / "invalid.gpkg", *parcel],
        "field_unknown": ["import", parcels, *parcel, "--column", "编号=nothing"],
        "parameter_invalid": ["import", parcels, *parcel, "--column", "没有=code"],
        "live_file": ["import", folder / "workspace" / "yzgeo.gpkg", *parcel],
    }


def test_every_bad_input_is_refused_in_both_languages_and_changes_nothing(
    yzgeo, workspace: Path, parcels: Path, tmp_path: Path, catalogue: Catalogue
) -> None:
    assert yzgeo("import", parcels, "--layer", "shantytown_parcel", "-w", workspace).code == 0
    before = fingerprint(workspace, catalogue)
    for code, words in bad_inputs(tmp_path, parcels).items():
        told = yzgeo(*words, "-w", workspace)
        assert (told.code, told.out) == (1, ""), code
        assert bilingual(told.err), code
        assert "Traceback" not in told.err
        as_json = yzgeo("--json", *words, "-w", workspace)
        assert (as_json.code, as_json.err) == (1, ""), code
        assert as_json.json["code"] == code
        assert {"message", "message_en", "remedy", "remedy_en"} <= set(as_json.json)
    assert fingerprint(workspace, catalogue) == before


def test_the_report_comes_with_the_refusal(yzgeo, workspace: Path, parcels: Path, tmp_path: Path) -> None:
    words = bad_inputs(tmp_path, parcels)["rows_rejected"]
    report = yzgeo(*words, "-w", workspace, "--json").json["fields"]["report"]
    assert report["rows"] == {"in": 1, "kept": 0, "rejected": 1}
    assert "value_invalid" in {issue["code"] for issue in report["issues"]}
    assert "第 1 行" in yzgeo(*words, "-w", workspace).err


@pytest.mark.parametrize("damage", ["cut", "text", "foreign"])
def test_a_broken_workspace(yzgeo, workspace: Path, damage: str, parcels: Path) -> None:
    database = workspace / "yzgeo.gpkg"
    content = database.read_bytes()
    damaged = {"cut": content[: len(content) // 3], "text": b"no database" * 1000, "foreign": parcels.read_bytes()}
    database.write_bytes(damaged[damage])
    before = database.read_bytes()
    for words in (["layers"], ["import", parcels, "--layer", "shantytown_parcel"], ["serve", "--port", 0]):
        told = yzgeo(*words, "-w", workspace, "--json")
        assert told.code == 1
        assert told.json["code"] in {"workspace_broken", "workspace_newer"}, told.out
        assert bilingual(told.json["message"] + told.json["message_en"])
    assert database.read_bytes() == before


def test_a_port_in_use_is_refused_before_anything_starts(yzgeo, workspace: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        told = yzgeo("serve", "--port", port, "-w", workspace)
        assert told.code == 1
        assert bilingual(told.err)
        assert f"127.0.0.1:{port}" in told.err
        as_json = yzgeo("serve", "--port", port, "-w", workspace, "--json").json
    assert as_json["code"] == "port_in_use"
    assert as_json["fields"]["suggestion"] != port


def test_a_disk_that_may_not_be_written(
    workspace: Path, parcels: Path, catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fingerprint(workspace, catalogue)
    # Root may write anywhere, except without these capabilities: then the permission bits count for it as well.
    bound = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner"] if os.geteuid() == 0 else []
    modes = {path: path.stat().st_mode for path in (tmp_path, workspace, *workspace.rglob("*"))}
    for path in modes:
        path.chmod(0o555 if path.is_dir() else 0o444)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path.parent / "state"))
    try:
        for words in (
            ["import", parcels, "--layer", "shantytown_parcel", "-w", workspace],
            ["user", "add", "x", "--role", "viewer", "--generate", "-w", workspace],
            ["init", tmp_path / "new"],
            ["export", "shantytown_parcel", tmp_path / "a.csv", "-w", workspace],
            ["backup", tmp_path / "day.zip", "-w", workspace],
        ):
            command = [*bound, sys.executable, "-m", "yzgeo", *map(str, words), "--json"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 1, done
            told = json.loads(done.stdout)
            assert told["code"] == "storage_refused", told
            assert bilingual(told["message"] + told["message_en"])
    finally:
        for path, mode in modes.items():
            path.chmod(mode)
    assert fingerprint(workspace, catalogue) == before
    assert sorted(item.name for item in tmp_path.iterdir()) == ["parcels.gpkg", "workspace"]


@pytest.mark.parametrize(
    ("words", "zh"),
    [
        (["imprt"], "没有这个命令"),
        (["layers", "--nothing"], "没有选项"),
        (["import", "a.gpkg"], "缺少"),
        (["import", "a.gpkg", "--layer", "x", "--mode", "append"], "不能用"),
        (["import", "a.gpkg", "--layer", "x", "--column", "编号"], "不能用"),
        (["export", "road"], "用法不对"),
        (["export", "--map", "--all", "a.html"], "用法不对"),
        (["serve", "--port", "99999"], "不能用"),
    ],
)
def test_wrong_usage_is_two_and_speaks_both_languages(yzgeo, words: list[str], zh: str) -> None:
    told = yzgeo(*words)
    assert (told.code, told.out) == (2, "")
    assert zh in told.err
    assert bilingual(told.err)
    assert yzgeo("--json", *words).json["code"] == "usage"


def test_no_command_shows_the_help(yzgeo) -> None:
    told = yzgeo()
    assert told.code == 2
    assert "import" in told.err


def test_the_language_that_comes_first(yzgeo, tmp_path: Path) -> None:
    zh = yzgeo("backup", "x.zip", "-w", tmp_path / "none").err.splitlines()
    en = yzgeo("--lang", "en", "backup", "x.zip", "-w", tmp_path / "none").err.splitlines()
    assert "不是工作区" in zh[0]
    assert "is not a workspace" in en[0]


def test_options_may_stand_before_or_after_and_come_from_the_environment(
    yzgeo, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = yzgeo("imports", "list", "--json", "-w", workspace)
    assert wanted.json == []
    assert yzgeo("--json", "-w", workspace, "imports", "list").out == wanted.out
    monkeypatch.setenv("YZGEO_WORKSPACE", str(workspace))
    assert yzgeo("imports", "list", "--json").out == wanted.out


def test_an_unknown_variable_is_refused(yzgeo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YZGEO_WORKSPCE", "x")
    told = yzgeo("layers", "--json")
    assert (told.code, told.json["code"]) == (1, "setting_unknown")


def test_what_nobody_expected_is_one_line_and_a_reference(
    yzgeo, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("yzgeo.workflows.overview.target_board", fail)
    told = yzgeo("targets", "--measured", "-w", workspace)
    assert told.code == 1
    assert "Traceback" not in told.err
    assert "secret detail" not in told.err
    reference = told.err.split("编号 ")[1][:8]
    log = (workspace / "cache" / "yzgeo.log").read_text(encoding="utf-8")
    assert reference in log
    assert "ZeroDivisionError: secret detail" in log
    assert yzgeo("targets", "--measured", "-w", workspace, "--json").json["code"] == "unexpected"


def test_an_interruption_is_no_traceback(yzgeo, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("yzgeo.workflows.overview.target_board", interrupt)
    told = yzgeo("targets", "--measured", "-w", workspace)
    assert told.code == application.INTERRUPTED
    assert "Traceback" not in told.err


def test_a_reader_that_goes_away_is_no_error(workspace: Path) -> None:
    command = f"{sys.executable} -m yzgeo layers -w {workspace} | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)  # noqa: S602
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1


def test_served_and_stopped(workspace: Path) -> None:
    """A real server on a free port, stopped as a person stops it."""
    from urllib.request import urlopen

    process = subprocess.Popen(
        [sys.executable, "-m", "yzgeo", "serve", "--port", "0", "-w", str(workspace), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    url = json.loads(process.stdout.readline())["url"]
    deadline = time.monotonic() + 60
    while True:
        try:
            with urlopen(f"{url}/healthz", timeout=5) as answer:  # noqa: S310
                assert answer.status == 200
            break
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in err
