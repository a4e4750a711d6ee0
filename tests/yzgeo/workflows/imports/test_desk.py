"""The desk with its real processes: what was begun is finished, also when a process is killed."""

from __future__ import annotations

import io
import os
import signal
import time
from pathlib import Path

import pytest

from yzgeo.errors import (
    FieldUnknownError,
    ImportStateError,
    LayerUnknownError,
    NotFoundError,
    ParameterError,
    UploadRefusedError,
)
from yzgeo.workflows.imports import desk
from yzgeo.workflows.imports.jobs import Job, JobFolder
from yzgeo.workflows.imports.worker import work
from yzgeo.workflows.workspace import Workspace

LAYER = "shantytown_parcel"
CORPUS = Path(__file__).parents[3] / "data" / "import"


def upload(name: str) -> list[tuple[str, io.BytesIO]]:
    return [(name, io.BytesIO((CORPUS / name).read_bytes()))]


def create(workspace: Workspace, name: str = "zone_gbk.zip") -> Job:
    folder = JobFolder(workspace.path)
    return folder.create(upload(name), actor="t", most_bytes=10**7, layer=LAYER, mode="upsert", choices={})


def settled(workspace: Workspace, job: Job) -> Job:
    ends = time.monotonic() + 120
    while (job := desk.look(workspace, job.id)).working:
        assert time.monotonic() < ends
        time.sleep(0.05)
    return job


def process_of(job_id: str) -> int:
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        for found in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = found.read_bytes().split(b"\0")
            except OSError:
                continue
            if job_id.encode() in words:
                return int(found.parent.name)
        time.sleep(0.02)
    raise AssertionError(job_id)


def test_a_killed_process_loses_nothing_and_stores_nothing_twice(workspace: Workspace) -> None:
    job = desk.submit(workspace, upload("zone_gbk.zip"), actor="planner", most_bytes=10**7, layer=LAYER)
    assert desk.look(workspace, job.id).state == "reading"
    os.kill(process_of(job.id), signal.SIGKILL)
    ready = settled(workspace, job)
    assert ready.state == "ready"
    desk.confirm(workspace, job.id, actor="bureau")
    os.kill(process_of(job.id), signal.SIGKILL)
    stored = settled(workspace, job)
    assert (stored.state, len(workspace.store.batches(LAYER))) == ("stored", 1)
    assert workspace.store.batches(LAYER)[0].actor == "bureau"
    assert desk.confirm(workspace, job.id, actor="bureau").batch == stored.batch

    taken = desk.undo(workspace, job.id, actor="bureau")
    assert (len(taken.undone.removed), taken.job.state, workspace.store.count(LAYER)) == (6, "undone", 0)
    with pytest.raises(ImportStateError):
        desk.undo(workspace, job.id, actor="bureau")
    desk.drop(workspace, job.id)
    assert desk.listing(workspace, limit=10) == []


def test_what_a_dead_server_left_behind_is_taken_up(workspace: Workspace) -> None:
    job = create(workspace)  # nobody works on it
    assert settled(workspace, job).state == "ready"


def test_what_dies_again_and_again_is_given_up(workspace: Workspace) -> None:
    folder, job = JobFolder(workspace.path), create(workspace)
    folder.write(job.having(attempts=desk.MOST_ATTEMPTS))
    failed = desk.look(workspace, job.id)
    assert (failed.state, failed.problem) == ("failed", {"code": "import_stopped", "fields": {"attempts": 3}})
    # The batch decides: what was stored is stored, however often the process died.
    stored = create(workspace)
    work(workspace, stored.id)
    folder.write(folder.read(stored.id).having(state="storing"))
    done = work(workspace, stored.id)
    folder.write(done.having(state="storing", batch=None, attempts=desk.MOST_ATTEMPTS))
    assert desk.look(workspace, stored.id).batch == done.batch is not None


def test_an_undo_elsewhere_is_seen(workspace: Workspace) -> None:
    job = create(workspace)
    folder = JobFolder(workspace.path)
    folder.write(work(workspace, job.id).having(state="storing"))
    done = work(workspace, job.id)
    workspace.store.undo_batch(str(done.batch), actor="cli", reason="test")
    assert desk.look(workspace, job.id).state == "undone"


def test_each_step_has_its_states(workspace: Workspace) -> None:
    job = create(workspace, "xian80.zip")
    refused = work(workspace, job.id)
    assert (refused.state, list(refused.questions)) == ("refused", ["datum"])
    with pytest.raises(ImportStateError):
        desk.confirm(workspace, job.id, actor="t")
    with pytest.raises(ImportStateError):
        desk.undo(workspace, job.id, actor="t")
    for wrong, kind in (
        ({"layer": "castle"}, LayerUnknownError),
        ({"columns": {"编号": "nothing"}}, FieldUnknownError),
        ({"encoding": "klingon"}, ParameterError),
        ({"units": {"面积": "斤"}}, ParameterError),
        ({"mode": "append"}, ParameterError),
    ):
        with pytest.raises(kind):
            desk.change(workspace, job.id, wrong)
    changed = desk.change(workspace, job.id, {"crs": "EPSG:4550", "mode": "replace"})
    assert (changed.state, changed.mode, changed.choices["crs"]) == ("judging", "replace", "EPSG:4550")
    assert settled(workspace, job).state == "ready"
    with pytest.raises(NotFoundError):
        desk.look(workspace, "20260101-000000-00000000")
    with pytest.raises(NotFoundError):
        desk.rejected_file(workspace, job.id, ".exe")


def test_too_many_at_once_are_refused(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "MOST_WORKING", 2)
    for _ in range(2):
        create(workspace)
    with pytest.raises(UploadRefusedError, match="waiting"):
        desk.submit(workspace, upload("zone_gbk.zip"), actor="t", most_bytes=10**7)


def test_what_ended_long_ago_is_forgotten(workspace: Workspace) -> None:
    folder = JobFolder(workspace.path)
    old, new = create(workspace), create(workspace)
    folder.write(old.having(state="refused", updated_at="2020-01-01T00:00:00+00:00"))
    folder.write(new.having(state="refused"))
    job = desk.submit(workspace, upload("xian80.zip"), actor="t", most_bytes=10**7, layer=LAYER)
    assert set(folder.ids()) == {new.id, job.id}
    settled(workspace, job)
