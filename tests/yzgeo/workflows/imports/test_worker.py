"""One import worked through: judged, asked about, stored once, whatever happens in between."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from yzgeo.store.base import Provenance
from yzgeo.workflows.imports.jobs import Job, JobFolder
from yzgeo.workflows.imports.worker import batch_of, work
from yzgeo.workflows.workspace import Workspace

LAYER = "shantytown_parcel"
CORPUS = Path(__file__).parents[3] / "data" / "import"


@pytest.fixture
def take(workspace: Workspace) -> Callable[..., Job]:
    """Upload files of the corpus, or others, and work on them in this process."""

    def make(*files: Path | str, layer: str | None = LAYER, mode: str = "upsert", **choices: Any) -> Job:
        paths = [CORPUS / file if isinstance(file, str) else file for file in files]
        uploads = [(path.name, io.BytesIO(path.read_bytes())) for path in paths]
        folder = JobFolder(workspace.path)
        job = folder.create(uploads, actor="t", most_bytes=10**8, layer=layer, mode=mode, choices=choices)
        return work(workspace, job.id)

    return make


def again(workspace: Workspace, job: Job, **changes: Any) -> Job:
    JobFolder(workspace.path).write(job.having(**changes))
    return work(workspace, job.id)


def test_stored_once_also_when_the_server_died_before_it_could_say_so(
    workspace: Workspace, take: Callable[..., Job]
) -> None:
    ready = take("zone_gbk.zip")
    assert (ready.state, ready.attempts, ready.progress["done"]) == ("ready", 0, 100)
    assert work(workspace, ready.id) == ready  # nobody asked for anything
    stored = again(workspace, ready, state="storing", confirmed_by="chief")
    assert stored.state == "stored"
    (batch,) = workspace.store.batches(LAYER)
    assert (batch.id, batch.actor, batch.inserted) == (stored.batch, "chief", 6)
    assert (batch.choices["import"], batch.choices["files"][0]["name"]) == (ready.id, "zone_gbk.zip")
    assert batch_of(workspace.store, LAYER, ready.id) == batch
    # As a process leaves it that was killed between the transaction and its own note of it.
    assert again(workspace, ready, state="storing", confirmed_by="chief").batch == stored.batch
    assert len(workspace.store.batches(LAYER)) == 1


def test_what_was_not_shown_is_not_stored(workspace: Workspace, take: Callable[..., Job]) -> None:
    ready = take("zone_gbk.zip")
    other = take("zone_gbk.zip")
    again(workspace, other, state="storing")
    frame = workspace.store.frame(LAYER)
    frame["households"] = 1
    workspace.store.write(
        LAYER,
        put=frame.drop(columns=["revision"], errors="ignore"),
        provenance=Provenance(actor="somebody else", reason="test"),
    )
    moved = again(workspace, ready, state="storing")
    assert (moved.state, moved.problem["code"] if moved.problem else None) == ("ready", "import_moved")
    assert moved.report is not None
    assert moved.report["matching"]["changed"] == 6
    assert len(workspace.store.batches(LAYER)) == 2
    assert again(workspace, moved, state="storing").state == "stored"


def test_the_members_of_a_shapefile_come_as_single_files(
    workspace: Workspace, take: Callable[..., Job], tmp_path: Path
) -> None:
    import zipfile

    with zipfile.ZipFile(CORPUS / "zone_gbk.zip") as archive:
        archive.extractall(tmp_path)
    parts = sorted(path for path in tmp_path.iterdir() if path.is_file())
    assert take(*parts).state == "ready"
    alone = take(*[path for path in parts if path.suffix == ".shp"])
    assert (alone.state, alone.problem["code"] if alone.problem else None) == ("refused", "file_unreadable")


def test_a_layer_is_guessed_or_asked(workspace: Workspace, take: Callable[..., Job]) -> None:
    clear = take("ledger_plain.xlsx", layer=None)  # its title says 棚户区地块
    assert (clear.layer, clear.layer_guessed, clear.layer_candidates[0]["id"]) == (LAYER, True, LAYER)
    unclear = take("zone_gbk.zip", layer=None)  # its columns fit compounds nearly as well
    assert (unclear.state, unclear.layer, list(unclear.questions)) == ("needs_confirmation", None, ["layer"])
    assert unclear.layer_candidates[0]["id"] == LAYER
    assert again(workspace, unclear, state="judging", layer=LAYER).state == "ready"
    tracks = take("waypoints.gpx", layer=None)
    assert {"layer", "sheet"} <= set(tracks.questions)


def test_several_data_sets_are_a_question(workspace: Workspace, take: Callable[..., Job]) -> None:
    asked = take("zone_gbk.zip", "declared.geojson")
    assert (asked.state, list(asked.questions)) == ("needs_confirmation", ["sheet"])
    assert [one["name"] for one in asked.sheets] == ["zone_gbk.zip", "declared.geojson"]
    chosen = again(workspace, asked, state="judging", choices={**asked.choices, "sheet": "declared.geojson"})
    assert chosen.state == "ready"


def test_sheets_are_listed_and_one_can_be_chosen(workspace: Workspace, take: Callable[..., Job]) -> None:
    again(workspace, take("zone_gbk.zip"), state="storing")
    every = take("ledger_streets.xlsx")
    assert every.report is not None
    assert sum(one["rows"] for one in every.sheets if one["chosen"]) == every.report["rows"]["in"] == 6
    name = every.sheets[0]["name"]
    one = again(workspace, every, state="judging", choices={**every.choices, "sheet": name})
    assert one.report is not None
    assert one.report["rows"]["in"] == every.sheets[0]["rows"]
    assert [sheet["name"] for sheet in one.sheets if sheet["chosen"]] == [name]


def test_a_fault_of_the_program_is_a_failure_with_a_reference(workspace: Workspace, take: Callable[..., Job]) -> None:
    ready = take("zone_gbk.zip")
    folder = JobFolder(workspace.path)
    folder.write(ready.having(state="judging", choices={**ready.choices, "columns": 7}))
    failed = work(workspace, ready.id)
    assert (failed.state, failed.problem["code"] if failed.problem else None) == ("failed", "unexpected")
    assert failed.problem is not None
    reference = failed.problem["fields"]["reference"]
    assert reference in (folder.path(ready.id) / "log.txt").read_text()
    assert "Traceback" not in str(asdict(failed))
