"""Earlier mappings: remembered with the batch, cited as evidence, forgotten with an undo."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from yzgeo.workflows.imports import import_file
from yzgeo.workflows.imports.memory import recall
from yzgeo.workflows.workspace import Workspace

LAYER = "shantytown_parcel"


def test_a_confirmed_mapping_is_used_again_and_cited(workspace: Workspace, parcels: Callable[..., Path]) -> None:
    layer = workspace.catalogue.layer(LAYER)
    strange = parcels("strange.gpkg", 摸排户=[7, 8, 9], 旁注=["一", "二", "三"])
    assert recall(workspace.store, layer, ["摸排户"], {}) == {}
    before = import_file(workspace, strange, layer=LAYER, dry_run=True)
    assert before.columns["摸排户"] is None
    chosen = {"摸排户": "households", "旁注": ""}
    first = import_file(workspace, strange, layer=LAYER, columns=chosen, actor="王工")
    assert first.batch is not None
    assert first.batch.choices["chosen"]["columns"] == chosen

    again = import_file(
        workspace, parcels("again.gpkg", 摸排户=[70, 80, 90], 旁注=["四"] * 3), layer=LAYER, dry_run=True
    )
    assert again.columns["摸排户"] == "households"
    assert again.columns["旁注"] is None
    (cited,) = [one for one in again.column_candidates if one["column"] == "摸排户"]
    assert (cited["field"], cited["verdict"]) == ("households", "certain")
    assert "王工" in cited["evidence"][0]
    assert "strange.gpkg" in cited["evidence_en"][0]
    told = {issue.where: issue.zh for issue in again.issues if issue.code == "column_remembered"}
    assert set(told) == {"摸排户", "旁注"}
    assert "不导入" in told["旁注"]
    assert not any(issue.code == "column_unknown" and issue.where == "旁注" for issue in again.issues)

    # What the person says this time counts more.
    other = import_file(
        workspace, parcels("c.gpkg", 摸排户=[1, 2, 3]), layer=LAYER, columns={"摸排户": ""}, dry_run=True
    )
    assert other.columns["摸排户"] is None
    workspace.store.undo_batch(first.batch.id, actor="t", reason="test")
    assert recall(workspace.store, layer, ["摸排户"], {}) == {}


def test_a_field_that_two_columns_would_claim_is_not_remembered(
    workspace: Workspace, parcels: Callable[..., Path]
) -> None:
    layer = workspace.catalogue.layer(LAYER)
    for number, column in enumerate(("摸排户", "核定户")):
        path = parcels(f"{number}.gpkg", **{column: [number + 1] * 3})
        import_file(workspace, path, layer=LAYER, columns={column: "households"})
    assert set(recall(workspace.store, layer, ["摸排户"], {})) == {"摸排户"}
    assert recall(workspace.store, layer, ["摸排户", "核定户"], {}) == {}
    assert recall(workspace.store, layer, ["摸排户"], {"新户": "households"}) == {}


def test_a_confirmed_unit_is_used_again_until_the_import_is_undone(
    workspace: Workspace, parcels: Callable[..., Path]
) -> None:
    path = parcels("mu.gpkg", 面积=[15.0, 30.0, 1.5])
    first = import_file(workspace, path, layer=LAYER, units={"面积": "亩"}, actor="王工")
    assert sorted(workspace.store.rows(LAYER).columns["area_m2"]) == [1000.0, 10_000.0, 20_000.0]
    assert first.batch is not None
    assert first.batch.choices["chosen"]["units"] == {"面积": "亩"}
    again = import_file(workspace, path, layer=LAYER, dry_run=True)
    assert again.matching["unchanged"] == 3
    assert [(one["unit"], one["by"]) for one in again.units] == [("亩", "chosen")]
    assert [(issue.where, issue.code) for issue in again.issues if issue.code == "unit_remembered"] == [
        ("面积", "unit_remembered")
    ]
    # This time the column is another field, of which it says nothing.
    other = import_file(workspace, path, layer=LAYER, columns={"面积": "households"}, keep_valid=True, dry_run=True)
    assert other.units == ()
    workspace.store.undo_batch(first.batch.id, actor="t", reason="test")
    assert import_file(workspace, path, layer=LAYER, dry_run=True).units[0]["unit"] is None
