"""A district moved to a database and back from the command line."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4


def test_there_and_back(yzgeo, workspace: Path, parcels: Path, postgis_server: str, tmp_path: Path) -> None:
    yzgeo("import", parcels, "--layer", "shantytown_parcel", "-w", workspace)
    url = f"{postgis_server}?schema=t{uuid4().hex}"
    there = yzgeo("store", "copy", workspace, url, "--json").json
    assert there["features"]["shantytown_parcel"] == 3
    assert yzgeo("store", "copy", workspace, url).code == 1
    back = yzgeo("store", "copy", url, tmp_path / "back", "--json").json
    assert back == there
