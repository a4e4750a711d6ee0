"""Files written for someone: their layers, their fields, in chunks."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pyogrio
import pytest

from tests.stores import Premises
from yzgeo.access import Caller, may_see
from yzgeo.catalogue import Catalogue
from yzgeo.report.formats import FORMATS
from yzgeo.workflows import downloads, outgoing
from yzgeo.workflows.imports import import_file
from yzgeo.workflows.workspace import Workspace, open_workspace

LAYER = "shantytown_parcel"
ADMIN = Caller("admin", "admin")


def test_every_kind_is_a_format_and_a_package_is_of_those_that_hold_many() -> None:
    assert {kind.format for kind in downloads.KINDS.values()} == set(FORMATS)
    assert set(downloads.PACKAGE_KINDS) == {name for name, kind in downloads.KINDS.items() if FORMATS[kind.format].many}


@pytest.mark.parametrize("kind", list(downloads.KINDS))
def test_every_kind_of_file_ends_as_it_is_called(
    workspace: Workspace, catalogue: Catalogue, parcels, tmp_path: Path, kind: downloads.Kind
) -> None:
    import_file(workspace, parcels(count=3), layer=LAYER)
    path = tmp_path / f"a.{kind}"
    assert downloads.write_file(workspace.store, [catalogue.layer(LAYER)], path, kind=kind, caller=ADMIN) == 3
    assert path.suffix in FORMATS[downloads.KINDS[kind].format].endings


@pytest.mark.parametrize("role", ["anonymous", "planner"])
def test_a_package_holds_what_the_role_may_see(
    demo_premises: Premises, catalogue: Catalogue, tmp_path: Path, role
) -> None:
    with demo_premises.workspace() as opened:
        layers = downloads.packed_layers(opened.store, role)
        path = tmp_path / "all.gpkg"
        rows = downloads.write_file(opened.store, layers, path, kind="gpkg", caller=Caller(role))
        assert rows == sum(opened.store.count(layer.id) for layer in layers)
    visible = {one.id for one in catalogue.layers.values() if may_see(role, one.spec.access)}
    assert {layer.id for layer in layers} == visible
    assert {name for name, _ in pyogrio.list_layers(path)} == {*visible, "layer_styles"}


def test_without_features_a_package_has_every_layer(workspace: Workspace, catalogue: Catalogue) -> None:
    public = {layer.id for layer in catalogue.layers.values() if layer.spec.access == "public"}
    assert {layer.id for layer in downloads.packed_layers(workspace.store, "anonymous")} == public


def test_memory_does_not_grow_with_the_layer(
    demo_workspace: Path, catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chunks of a hundredth and of the whole layer: what is held is a chunk, not the layer."""
    peaks = []
    with open_workspace(demo_workspace, catalogue) as opened:
        layer = catalogue.layer("residential_building")
        count = opened.store.count(layer.id)
        for chunk in (count, count // 50):
            monkeypatch.setattr(outgoing, "CHUNK_ROWS", chunk)
            tracemalloc.start()
            downloads.write_file(opened.store, [layer], tmp_path / f"{chunk}.geojson", kind="geojson", caller=ADMIN)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < peaks[0] / 3, peaks
