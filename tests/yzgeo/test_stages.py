"""Moves come from the stage file: each pair of stages has exactly the rule the file implies."""

from __future__ import annotations

import pytest

from yzgeo.catalogue import Catalogue, StageTable
from yzgeo.stages import kept_fields, machine

TABLE = StageTable.model_validate(
    {
        "description": {"zh": "测试", "en": "Test"},
        "stages": [
            {"id": "aa", "label": {"zh": "甲", "en": "A"}},
            {"id": "bb", "label": {"zh": "乙", "en": "B"}, "optional": True},
            {"id": "cc", "label": {"zh": "丙", "en": "C"}, "evidence": True, "second_person": True, "done": True},
            {"id": "off", "label": {"zh": "停", "en": "Off"}, "aside": True},
        ],
    }
)

# origin, target -> kind, evidence, second person, reason
EXPECTED = {
    ("aa", "bb"): ("forward", False, False, False),
    ("aa", "cc"): ("forward", True, True, False),
    ("bb", "cc"): ("forward", True, True, False),
    ("bb", "aa"): ("back", False, True, True),
    ("cc", "aa"): ("back", False, True, True),
    ("cc", "bb"): ("back", False, True, True),
    ("aa", "off"): ("aside", False, False, True),
    ("bb", "off"): ("aside", False, False, True),
    ("cc", "off"): ("aside", False, False, True),
    ("off", "aa"): ("resume", False, False, False),
    ("off", "bb"): ("resume", False, False, False),
    ("off", "cc"): ("resume", False, False, False),
}


def test_the_whole_table() -> None:
    moves = machine(TABLE).moves
    found = {pair: (row.kind, row.evidence, row.second_person, row.reason) for pair, row in moves.items()}
    assert found == EXPECTED


def test_roles_and_done() -> None:
    table = machine(TABLE)
    assert table.initial == "aa"
    assert table.done == {"cc"}
    assert "field" in table.moves["aa", "bb"].roles
    assert "field" not in table.moves["bb", "aa"].roles
    assert table.approvers == {"bureau", "admin"}


def test_a_form_offers_forward_first_and_only_what_the_role_may() -> None:
    table = machine(TABLE)
    assert [move.target for move in table.onward("bb", "bureau")] == ["cc", "off", "aa"]
    assert [move.target for move in table.onward("bb", "field")] == ["cc"]


def test_a_stage_that_may_not_be_passed_over_blocks_the_way(catalogue: Catalogue) -> None:
    table = catalogue.layer("shantytown_parcel").stage_table
    assert table is not None
    assert machine(table).move("vacated", "cleared") is None
    assert machine(table).move("vacated", "demolished") is not None


@pytest.mark.parametrize("layer", ["shantytown_parcel", "old_compound", "pipe_segment", "base_station_5g"])
def test_shipped_tables_reach_a_done_stage(catalogue: Catalogue, layer: str) -> None:
    table = catalogue.layer(layer).stage_table
    assert table is not None
    moves = machine(table)
    reached, waiting = {moves.initial}, [moves.initial]
    while waiting:
        origin = waiting.pop()
        for (start, target), move in moves.moves.items():
            if start == origin and move.kind == "forward" and target not in reached:
                reached.add(target)
                waiting.append(target)
    assert moves.done <= reached
    assert moves.done


def test_the_ledger_keeps_stages_and_measures(catalogue: Catalogue) -> None:
    layer = catalogue.layer("shantytown_parcel")
    assert layer.stage_table is not None
    kept = kept_fields(layer, layer.stage_table)
    assert kept[:2] == ["stage", "stage_date"]
    assert {"households_signed", "cleared_m2"} <= set(kept)
    assert "area_m2" not in kept
