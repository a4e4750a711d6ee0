"""For which layer a file could be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from yzgeo.catalogue import Catalogue
from yzgeo.ingest import reading
from yzgeo.workflows.imports.guessing import guess_layer, is_clear


def test_columns_shapes_and_names_speak_for_a_layer(catalogue: Catalogue, parcels: Callable[..., Path]) -> None:
    source = reading.read(parcels("a.gpkg"))
    first, second, *_ = guess_layer(catalogue, source)
    assert all(one.layer.spec.geometry == "polygon" for one in (first, second))
    assert not is_clear((first, second))
    named = guess_layer(catalogue, source, titles=["银州区棚户区改造地块"])
    assert named[0].layer.id == "shantytown_parcel"
    assert is_clear(named)
    told = named[0].as_dict()
    assert told["evidence"] == ["3/3 列的名称相同", "100% 是面 (polygon)", "文件名或标题写着它"]
    assert told["evidence_en"][-1] == "the file or a title names it"


def test_nothing_is_clear_about_nothing() -> None:
    assert not is_clear(())


@pytest.mark.parametrize("wrong", [["foo", "bar"], ["height", "weight"]])
def test_unknown_columns_leave_it_open(catalogue: Catalogue, tmp_path: Path, wrong: list[str]) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f"{wrong[0]},{wrong[1]}\n1,2\n3,4\n", encoding="utf-8")
    assert not is_clear(guess_layer(catalogue, reading.read(path)))
