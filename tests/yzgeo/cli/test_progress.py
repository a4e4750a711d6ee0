"""Progress and the ledger from the command line."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from yzgeo.store import blobs


def test_targets_as_a_table_and_as_json(yzgeo, demo_workspace: Path) -> None:
    shown = yzgeo("progress", "-w", demo_workspace)
    assert shown.code == 0
    assert "棚户区改造片数" in shown.out
    assert "示意" in shown.out
    assert "绿：完成量" in shown.err
    found = yzgeo("progress", "-w", demo_workspace, "--at", "2023-01-01", "--json").json
    assert found["at"] == "2023-01-01"
    assert found["targets"]


def test_by_street_and_since_a_day(yzgeo, demo_workspace: Path) -> None:
    shown = yzgeo("progress", "-w", demo_workspace, "--layer", "shantytown_parcel", "--by", "subdistrict")
    assert "街道" in shown.out
    moved = yzgeo("progress", "-w", demo_workspace, "--since", "2024-05-01", "--layer", "old_compound")
    assert "old_compound" in moved.out
    assert yzgeo("progress", "-w", demo_workspace, "--layer", "road").code == 1
    assert yzgeo("progress", "-w", demo_workspace, "--at", "yesterday").code == 2
    assert "以前没有登记" not in shown.err
    past = yzgeo("progress", "-w", demo_workspace, "--layer", "old_compound", "--by", "community", "--at", "2023-01-01")
    assert past.err.count("以前没有登记：要素和数量按最早的登记") == 1


def test_verify_says_yes(yzgeo, demo_workspace: Path) -> None:
    shown = yzgeo("ledger", "verify", "-w", demo_workspace)
    assert (shown.code, shown.out[0]) == (0, "✓")


@pytest.mark.parametrize("json", [[], ["--json"]])
def test_verify_says_where_and_rebuild_mends(yzgeo, demo_copy: Path, json: list[str]) -> None:
    connection = sqlite3.connect(demo_copy / "yzgeo.gpkg", isolation_level=None)
    blobs.register_functions(connection)
    connection.execute("UPDATE old_compound SET stage = 'planned' WHERE stage = 'accepted'")
    changed = connection.execute("SELECT changes()").fetchone()[0]
    connection.close()
    verdict = yzgeo("ledger", "verify", "-w", demo_copy, *json)
    assert verdict.code == 1
    assert "old_compound" in verdict.out
    rebuilt = yzgeo("ledger", "rebuild", "-w", demo_copy, *json)
    assert rebuilt.code == 0
    assert str(changed) in rebuilt.out
    connection = sqlite3.connect(demo_copy / "yzgeo.gpkg", isolation_level=None)
    connection.execute("DROP TRIGGER yzgeo_ledger_no_update")
    connection.execute("UPDATE yzgeo_ledger SET actor = 'x' WHERE sequence = 7")
    connection.close()
    broken = yzgeo("ledger", "verify", "-w", demo_copy, *json)
    assert broken.code == 1
    assert "7" in broken.out
