from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest


def test_init_backup_restore(yzgeo, parcels: Path, tmp_path: Path) -> None:
    made = yzgeo("init", tmp_path / "one", "--json")
    assert made.json == {
        "workspace": str(tmp_path / "one"),
        "demo": False,
        "features": {},
        "accounts": [],
        "password": None,
    }
    assert yzgeo("init", tmp_path / "one", "--json").json["code"] == "workspace_exists"
    assert yzgeo("import", parcels, "--layer", "shantytown_parcel", "-w", tmp_path / "one").code == 0
    assert yzgeo("backup", tmp_path / "day.zip", "-w", tmp_path / "one").code == 0
    assert yzgeo("restore", tmp_path / "day.zip", tmp_path / "two").code == 0
    listed = [yzgeo("imports", "list", "-w", tmp_path / name, "--json").json for name in ("one", "two")]
    assert listed[0] == listed[1]
    assert listed[0][0]["inserted"] == 3


def test_init_into_a_database(
    yzgeo, parcels: Path, tmp_path: Path, postgis_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YZGEO_DATABASE_URL", f"{postgis_server}?schema=t{uuid4().hex}")
    assert yzgeo("init", tmp_path / "one").code == 0
    assert list((tmp_path / "one").glob("*.gpkg*")) == []
    assert yzgeo("import", parcels, "--layer", "shantytown_parcel", "-w", tmp_path / "one").code == 0
    # Another folder on the same database is another way to the same district, and not a second one.
    again = yzgeo("init", tmp_path / "two", "--json")
    assert (again.code, again.json["code"]) == (1, "workspace_exists")
    assert (tmp_path / "two" / "yzgeo.gpkg").is_file(), "what was made is whole, and can be copied elsewhere"
    monkeypatch.delenv("YZGEO_DATABASE_URL")
    assert yzgeo("imports", "list", "-w", tmp_path / "two", "--json").json == []


def test_a_demo_is_not_served_to_other_machines(yzgeo, demo_copy: Path) -> None:
    told = yzgeo("serve", "--host", "0.0.0.0", "-w", demo_copy, "--json")  # noqa: S104
    assert (told.code, told.json["code"]) == (1, "parameter_invalid")


@pytest.mark.parametrize("host", ["no.such.host.invalid"])
def test_an_address_nobody_knows(yzgeo, workspace: Path, host: str) -> None:
    told = yzgeo("serve", "--host", host, "-w", workspace, "--json")
    assert told.code == 1
    assert told.json["code"] in {"parameter_invalid", "port_in_use"}
