"""Results as files of other programs."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest

from yzgeo.errors import FileMissingError, ParameterError, WorkspaceExistsError
from yzgeo.workflows.accounts import By
from yzgeo.workflows.runs import export_run, take_network


def test_layers_hold_what_the_run_found(desk, ask, tmp_path: Path) -> None:
    target = tmp_path / "out" / "run.gpkg"
    run = ask(metres=1500)
    assert export_run(desk, run, target, by=By("chen")) == target
    [line] = desk.store.people.audit(9, kind="export")
    assert (line.deed.actor, line.deed.subject) == ("chen", f"run {run['id']}")
    assert line.deed.details == {"file": "run.gpkg", "format": "GPKG"}
    homes = gpd.read_file(target, layer="demand").set_index("code")
    assert homes.at["H2", "distance_m"] == pytest.approx(1010, abs=0.01)
    assert gpd.read_file(target, layer="facilities")["code"].tolist() == ["F1"]
    assert [path.name for path in target.parent.iterdir()] == ["run.gpkg"]
    with pytest.raises(WorkspaceExistsError):
        export_run(desk, run, target)
    export_run(desk, run, target, overwrite=True)


def test_no_file_in_the_workspace_and_no_unknown_ending(desk, ask, tmp_path: Path) -> None:
    run = ask()
    with pytest.raises(ParameterError, match="workspace"):
        export_run(desk, run, desk.folder / "run.xlsx")
    with pytest.raises(ParameterError, match="ending"):
        export_run(desk, run, tmp_path / "run.docx")


def test_a_network_is_copied_into_the_workspace(desk, tmp_path: Path) -> None:
    (tmp_path / "city.osm.pbf").write_bytes(b"x")
    assert take_network(desk, tmp_path / "city.osm.pbf") == "city.osm.pbf"
    assert (desk.folder / "networks" / "city.osm.pbf").read_bytes() == b"x"
    with pytest.raises(FileMissingError):
        take_network(desk, tmp_path / "missing.osm.pbf")
