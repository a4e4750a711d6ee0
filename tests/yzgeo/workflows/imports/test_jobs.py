"""Imports on disk: whole or not at all, one worker at a time, and no name leads out of the folder."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from yzgeo.errors import ImportBusyError, NotFoundError, UploadRefusedError
from yzgeo.workflows.imports.jobs import MOST_NAME, JobFolder, clean_name


def make(folder: JobFolder, *names: str, content: bytes = b"x"):
    uploads = [(name, io.BytesIO(content)) for name in names or ("a.csv",)]
    return folder.create(uploads, actor="t", most_bytes=100, mode="upsert")


def test_what_was_uploaded_is_found_by_another_process(tmp_path: Path) -> None:
    folder = JobFolder(tmp_path)
    job = make(folder, "地块.shp", "地块.dbf", content=b"abc")
    again = JobFolder(tmp_path).read(job.id)
    assert (again.state, again.actor, [one["bytes"] for one in again.files]) == ("reading", "t", [3, 3])
    assert (folder.path(job.id) / "files" / "地块.dbf").read_bytes() == b"abc"
    # SHA-256 of "abc" as FIPS 180 prints it.
    assert again.files[0]["sha256"] == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    later = make(folder)
    assert set(folder.ids()) == {job.id, later.id}
    folder.remove(job.id)
    assert folder.ids() == [later.id]


@pytest.mark.parametrize(
    ("names", "size"),
    [
        ((), 1),
        (("a.csv", "A.CSV"), 1),
        (tuple(f"{n}.csv" for n in range(65)), 1),
        (("a.csv", "b.csv"), 60),
        (("..",), 1),
    ],
)
def test_a_refused_upload_leaves_nothing(tmp_path: Path, names: tuple[str, ...], size: int) -> None:
    folder = JobFolder(tmp_path)
    with pytest.raises(UploadRefusedError):
        folder.create([(name, io.BytesIO(b"x" * size)) for name in names], actor="t", most_bytes=100, mode="upsert")
    assert not folder.root.exists() or list(folder.root.iterdir()) == []


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("C:\\Users\\王\\地块.zip", "地块.zip"),
        ("../../etc/passwd", "passwd"),
        ("a/b/c.shp", "c.shp"),
        ("夜\u202ecsv.exe", "夜_csv.exe"),
        ("a\x00b\n.csv", "a_b_.csv"),
        (" .csv. ", "csv"),
    ],
)
def test_names_lead_nowhere(told: str, kept: str) -> None:
    assert clean_name(told) == kept


def test_long_names_keep_their_ending() -> None:
    kept = clean_name("地" * 300 + ".geojson")
    assert kept.endswith(".geojson")
    assert len(kept.encode()) <= MOST_NAME


@pytest.mark.parametrize("wrong", ["..", "../x", "20260101-000000-0000000g", "", "20260101-000000-00000000/.."])
def test_only_ids_are_looked_up(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(NotFoundError):
        JobFolder(tmp_path).path(wrong)


def test_one_works_at_a_time_and_a_dead_one_lets_go(tmp_path: Path) -> None:
    folder = JobFolder(tmp_path)
    job = make(folder)
    script = (
        "import sys, time, pathlib; from yzgeo.workflows.imports.jobs import JobFolder\n"
        "handle = JobFolder(pathlib.Path(sys.argv[1])).try_lock(sys.argv[2]); print(handle, flush=True); time.sleep(60)"
    )
    other = subprocess.Popen([sys.executable, "-c", script, tmp_path, job.id], stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    assert other.stdout.readline().strip().isdigit()
    assert folder.try_lock(job.id) is None
    with pytest.raises(ImportBusyError), folder.locked(job.id):
        pass
    other.kill()
    other.wait()
    other.stdout.close()
    handle = folder.try_lock(job.id)
    assert handle is not None
    os.close(handle)


def test_a_lock_is_handed_on(tmp_path: Path) -> None:
    folder = JobFolder(tmp_path)
    job = make(folder)
    with folder.locked(job.id) as handle:
        child = subprocess.Popen(["sleep", "60"], pass_fds=[handle])
    assert folder.try_lock(job.id) is None
    child.kill()
    child.wait()
    with folder.locked(job.id):
        pass
