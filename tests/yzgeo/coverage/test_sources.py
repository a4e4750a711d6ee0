"""What the analyses read is data, and checked."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pandas as pd
import pytest

from yzgeo.coverage import load_sources
from yzgeo.coverage.sources import Pick
from yzgeo.errors import CatalogueError


def test_the_shipped_file_fits_the_shipped_layers(catalogue) -> None:
    sources = load_sources(catalogue)
    assert set(sources.networks) == {"walk", "drive"}
    assert "cleared_parcels" in sources.candidates


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("layer: road_project", "layer: no_such"),
        ("barriers: [railway, water]", "barriers: [moon]"),
        ("expressway", "flying"),
        ("stages: [cleared, reused]", "stages: [dancing]"),
        ("switches: {kind: [overpass, dead_end]}", "switches: {kind: [tunnel_to_the_moon]}"),
        ("people: residents", "people: nobody"),
        ("spacing_m: 20", "spacing_m: 0"),
    ],
)
def test_what_does_not_exist_is_refused(catalogue, tmp_path: Path, old: str, new: str) -> None:
    root = tmp_path / "layers"
    root.mkdir()
    text = (catalogue.root / "coverage.yaml").read_text(encoding="utf-8")
    assert old in text
    (root / "coverage.yaml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(CatalogueError):
        load_sources(dataclasses.replace(catalogue, root=root))
    shutil.copy(catalogue.root / "coverage.yaml", root)
    load_sources(dataclasses.replace(catalogue, root=root))


def test_a_pick_joins_its_conditions() -> None:
    frame = pd.DataFrame({"kind": ["a", "b", "a"], "stage": ["done", "done", "begun"]})
    assert Pick(layer="layer", where={"kind": ("a",)}, stages=("done",)).rows(frame).tolist() == [True, False, False]
    assert Pick(layer="layer", unless={"kind": ("a",)}).rows(frame).tolist() == [False, True, False]
