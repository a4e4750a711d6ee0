"""Chunks of a layer on its way out."""

from __future__ import annotations

import pytest

from yzgeo.workflows import outgoing
from yzgeo.workflows.imports import import_file
from yzgeo.workflows.workspace import Workspace

LAYER = "shantytown_parcel"


def test_many_chunks_show_one_revision_while_others_write(
    workspace: Workspace, parcels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outgoing, "CHUNK_ROWS", 4)
    import_file(workspace, parcels(count=10), layer=LAYER)
    going = outgoing.pages(workspace.store, LAYER, ("code", "area_m2"))
    first = next(going)
    import_file(workspace, parcels("b.gpkg", count=9, 面积=[0.0] * 9), layer=LAYER, mode="replace")
    rest = list(going)
    codes = [code for chunk in (first, *rest) for code in chunk.columns["code"]]
    areas = [area for chunk in (first, *rest) for area in chunk.columns["area_m2"]]
    assert sorted(codes) == [f"A{n}" for n in range(10)]
    assert sorted(areas) == [100.0 + n for n in range(10)]
