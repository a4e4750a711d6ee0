"""A layer with its history, read by GDAL and compared with what the store tells about single features."""

from __future__ import annotations

import json
import tracemalloc
from collections import Counter
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest

from tests.stores import Premises
from yzgeo.access import Caller
from yzgeo.catalogue import Catalogue
from yzgeo.errors import ParameterError
from yzgeo.store.base import Provenance, Query, Store
from yzgeo.workflows import downloads, histories, outgoing
from yzgeo.workflows.imports import import_file
from yzgeo.workflows.workspace import Workspace

LAYER = "shantytown_parcel"
BY = Provenance("li", "test")
ADMIN = Caller("admin", "chief")


def written(store: Store, caller: Caller, path: Path, *layers: str) -> Path:
    wanted = [store.catalogue.layer(layer) for layer in layers]
    downloads.write_file(store, wanted, path, kind="gpkg", caller=caller, history=True)
    return path


def table(path: Path, name: str) -> pd.DataFrame:
    return gpd.read_file(path, layer=name)


@pytest.fixture
def edited(workspace: Workspace, parcels, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Five parcels in chunks of two: one renamed twice, one deleted, one moved to another street office."""
    monkeypatch.setattr(outgoing, "CHUNK_ROWS", 2)
    import_file(workspace, parcels(count=5), layer=LAYER)
    frame = workspace.store.frame(LAYER)
    uids = list(frame.index)
    for name in ("甲", "乙"):
        workspace.store.write(LAYER, put=frame.loc[uids[:1]].assign(name=name), provenance=BY)
    workspace.store.write(LAYER, delete=uids[1:2], provenance=BY)
    for street in ("211202001", "211202002"):
        workspace.store.write(LAYER, put=frame.loc[uids[2:3]].assign(subdistrict=street), provenance=BY)
    return workspace


def test_every_version_of_every_feature_is_there(edited: Workspace, tmp_path: Path) -> None:
    store = edited.store
    path = written(store, ADMIN, tmp_path / "a.gpkg", LAYER)
    versions = table(path, f"{LAYER}_versions")
    told = Counter(zip(versions["uid"], versions["version_revision"], versions["name"].fillna(""), strict=True))
    every = Counter(
        (uid, feature.revision, feature.properties["name"] or "")
        for uid in {change.uid for change in store.changes(LAYER)}
        for feature in store.history(LAYER, uid)
    )
    assert told == every
    assert max(told.values()) == 1
    present = versions[versions["version_until"].isna()]
    assert sorted(present["uid"]) == sorted(table(path, LAYER)["uid"]) == sorted(store.rows(LAYER).uids)
    renamed = versions[versions["name"].isin(["甲", "乙"])].sort_values("version_revision")
    assert list(renamed["version_by"]) == ["li", "li"]
    assert renamed["version_until"].iloc[0] == renamed["version_from"].iloc[1]
    assert versions["version_from"].dt.tz is not None
    assert versions.geometry.notna().all()
    kinds = {row[0]: row[1] for row in pyogrio.list_layers(path)}
    assert kinds[f"{LAYER}_versions"] == "MultiPolygon"
    assert kinds[f"{LAYER}_events"] is None


def test_what_is_written_meanwhile_stays_out(edited: Workspace, catalogue: Catalogue) -> None:
    store = edited.store
    going = histories.tables_of(store, [catalogue.layer(LAYER)], ADMIN)
    before = sum(len(store.history(LAYER, uid)) for uid in {change.uid for change in store.changes(LAYER)})
    store.write(LAYER, delete=store.rows(LAYER).uids, provenance=BY)
    features, versions, _ = ([uid for chunk in each.chunks() for uid in chunk.uids] for each in going)
    assert (len(features), len(versions)) == (4, before)


def test_the_entries_are_those_of_the_ledger_in_the_demo_district(
    demo_premises: Premises, catalogue: Catalogue, tmp_path: Path
) -> None:
    with demo_premises.workspace() as opened:
        path = written(opened.store, ADMIN, tmp_path / "a.gpkg", LAYER)
        kept = {event.id: event for event in opened.store.ledger.chain() if event.layer == LAYER}
    events = table(path, f"{LAYER}_events").set_index("event")
    assert set(events.index) == set(kept)
    for name, row in events.iterrows():
        event = kept[str(name)]
        assert (row["uid"], row["kind"], row["actor"], row["hash"]) == (event.uid, event.kind, event.actor, event.hash)
        assert json.loads(row["payload"]) == dict(event.payload)
        assert row["valid_at"] == pd.Timestamp(event.valid_at)
    corrected = {event.payload["cancels"] for event in kept.values() if event.kind == "correction"}
    assert set(events.index[events["cancelled"]]) == corrected


def test_the_public_learns_what_happened_and_nothing_of_people(
    demo_premises: Premises, tmp_path: Path, catalogue: Catalogue
) -> None:
    with demo_premises.workspace() as opened:
        layers = downloads.packed_layers(opened.store, "anonymous")
        path = tmp_path / "a.gpkg"
        downloads.write_file(opened.store, layers, path, kind="gpkg", caller=Caller("anonymous"), history=True)
        actors = {event.actor for event in opened.store.ledger.chain()}
    content = path.read_bytes()
    assert b"households" not in content
    assert b"pipe_segment" not in content
    assert [actor for actor in actors if len(actor) > 3 and actor.encode() in content] == []
    assert not {"actor", "role", "place_lon"} & set(table(path, f"{LAYER}_events").columns)
    assert "version_by" not in table(path, f"{LAYER}_versions").columns
    allowed = {"to", "stage", "on", "illustrative"}
    assert {key for text in table(path, f"{LAYER}_events")["payload"] for key in json.loads(text)} <= allowed
    staged = {layer.id for layer in layers if layer.stages}
    tables = {name for name, _ in pyogrio.list_layers(path)} - {"layer_styles"}
    plain = {layer.id for layer in layers}
    assert tables == plain | {f"{name}_versions" for name in plain} | {f"{name}_events" for name in staged}


def test_staff_of_the_field_get_what_is_theirs_while_it_was_theirs(edited: Workspace, tmp_path: Path) -> None:
    moved = next(change.uid for change in reversed(edited.store.changes(LAYER)))
    for street, expected in (("211202001", []), ("211202002", ["211202002"])):
        caller = Caller("field", "wang", (street,))
        path = written(edited.store, caller, tmp_path / f"{street}.gpkg", LAYER)
        versions = table(path, f"{LAYER}_versions")
        assert list(versions["subdistrict"]) == expected
        assert set(versions["uid"]) <= {moved}
        assert set(table(path, f"{LAYER}_events")["uid"]) <= {moved}


def test_staff_of_the_field_get_what_earlier_days_show_them(edited: Workspace, tmp_path: Path) -> None:
    """What was deleted belongs to the street office that had it last, on earlier days and in the file."""
    store, (first, last) = edited.store, ("211202001", "211202002")
    moved = store.changes(LAYER)[-1].uid
    deleted = next(uid for uid in store.rows(LAYER).uids if uid != moved)
    frame = store.frame(LAYER).loc[[deleted]]
    for street in (first, last):
        store.write(LAYER, put=frame.assign(subdistrict=street), provenance=BY)
    store.write(LAYER, delete=[deleted], provenance=BY)
    for street in (first, last):
        path = written(store, Caller("field", "wang", (street,)), tmp_path / f"{street}.gpkg", LAYER)
        versions = table(path, f"{LAYER}_versions")
        shown: set[tuple[str, int]] = set()
        for revision in range(1, store.revision(LAYER) + 1):
            rows = store.rows(LAYER, Query(equals={"subdistrict": [street]}, own=(street,), revision=revision))
            shown |= set(zip(rows.uids, rows.revisions, strict=True))
        assert set(zip(versions["uid"], versions["version_revision"], strict=True)) == shown
        assert (deleted in {uid for uid, _ in shown}) == (street == last)


def test_memory_does_not_grow_with_the_history(
    demo_premises: Premises, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chunks of a hundredth and of everything: what is held is a chunk."""
    peaks = []
    with demo_premises.workspace() as opened:
        for name, size in (("whole", 10_000), ("chunked", 20)):
            monkeypatch.setattr(outgoing, "CHUNK_ROWS", size)
            monkeypatch.setattr(histories, "_FEATURES_AT_ONCE", size)
            tracemalloc.start()
            written(opened.store, ADMIN, tmp_path / f"{name}.gpkg", LAYER)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < peaks[0] * 0.75, peaks


@pytest.mark.parametrize("kind", [kind for kind in downloads.KINDS if kind != "gpkg"])
def test_other_kinds_of_files_have_no_place_for_it(kind: str) -> None:
    with pytest.raises(ParameterError):
        histories.check_kind(kind)
