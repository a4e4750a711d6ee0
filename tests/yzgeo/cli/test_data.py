from __future__ import annotations

from pathlib import Path

from yzgeo.catalogue import Catalogue
from yzgeo.targets import load


def test_layers_with_counts_and_status(yzgeo, workspace: Path, parcels: Path, catalogue: Catalogue) -> None:
    yzgeo("import", parcels, "--layer", "shantytown_parcel", "-w", workspace)
    listed = yzgeo("layers", "-w", workspace, "--json").json
    assert [one["id"] for one in listed] == list(catalogue.layers)
    (parcel,) = [one for one in listed if one["id"] == "shantytown_parcel"]
    assert (parcel["count"], parcel["revision"], parcel["data_status"]) == (3, 1, {"surveyed": 3})
    shown = yzgeo("layers", "-w", workspace).out
    assert "棚户区改造地块" in shown
    assert "Shantytown parcels" in yzgeo("layers", "-w", workspace, "--lang", "en").out


def test_layers_without_a_workspace(yzgeo, tmp_path: Path) -> None:
    told = yzgeo("layers", "-w", tmp_path / "none")
    assert told.code == 0
    assert "不是工作区" in told.err
    assert "road" in told.out


def test_targets(yzgeo, catalogue: Catalogue) -> None:
    listed = yzgeo("targets", "--json").json
    assert [one["id"] for one in listed] == [target.id for target in load(catalogue)]
    assert listed[0]["quote"] in load(catalogue)[0].quote


def test_measured_targets_say_what_is_illustrative(yzgeo, demo_workspace: Path) -> None:
    told = yzgeo("targets", "--measured", "-w", demo_workspace)
    assert told.code == 0
    assert "示意数据" in told.err
    board = yzgeo("targets", "--measured", "-w", demo_workspace, "--json").json
    assert all(one["denominator"]["zh"] for one in board["targets"] if one["share"] is not None)
