from __future__ import annotations

from pathlib import Path

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


def test_a_demo_is_not_served_to_other_machines(yzgeo, demo_copy: Path) -> None:
    told = yzgeo("serve", "--host", "0.0.0.0", "-w", demo_copy, "--json")  # noqa: S104
    assert (told.code, told.json["code"]) == (1, "parameter_invalid")


@pytest.mark.parametrize("host", ["no.such.host.invalid"])
def test_an_address_nobody_knows(yzgeo, workspace: Path, host: str) -> None:
    told = yzgeo("serve", "--host", host, "-w", workspace, "--json")
    assert told.code == 1
    assert told.json["code"] in {"parameter_invalid", "port_in_use"}
