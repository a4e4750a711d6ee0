"""Units of columns: the head's, a person's, and what becomes of the numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from yzgeo.catalogue import load
from yzgeo.errors import ParameterError
from yzgeo.ingest import units
from yzgeo.ingest.columns import Head
from yzgeo.ingest.reading import Source
from yzgeo.ingest.values.numbers import parse_unit

LAYER = load().layer("shantytown_parcel")


def source(*, heads: tuple[Head, ...] = (), **columns: list[Any]) -> Source:
    table = pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns.items()})
    return Source(Path("a.xlsx"), "a", None, None, table, None, np.zeros(len(table), dtype=bool), heads=heads)


@pytest.mark.parametrize(
    ("head", "unit", "before", "after"),
    [
        ("面积（亩）", "亩", 15, 10_000.0),
        ("面积(公顷)", "公顷", 0.48, 4_800.0),
        ("面积（万㎡）", "万m2", "46.34", 463_400.0),
        ("面积(万平方米)", "万m2", 1.2, 12_000.0),
        ("面积（平米）", "m2", 7, 7.0),
    ],
)
def test_the_head_tells_the_unit(head: str, unit: str, before: Any, after: float) -> None:
    (found,) = units.readings(source(**{head: [None, before, "不详"]}), LAYER, {head: "area_m2"}, {})
    assert (found.unit, found.to, found.by) == (unit, "m2", "head")
    assert found.samples == ((str(before), after),)
    assert {name for name, _ in found.options} >= {"m2", "亩", "公顷", "万m2"}


def test_a_person_knows_better_and_a_cell_knows_best() -> None:
    read = source(**{"面积（亩）": [1, "2公顷", "约 3"], "户数": [1, 2, 3]})
    columns = {"面积（亩）": "area_m2", "户数": "households"}
    (found,) = units.readings(read, LAYER, columns, {"面积（亩）": "公顷"})
    assert (found.unit, found.by, found.samples) == ("公顷", "chosen", (("1", 10_000.0), ("2公顷", 20_000.0)))
    assert found.as_dict()["samples"][0] == {"before": "1", "after": 10_000.0}
    assert found.as_dict()["options"][1] == {"id": "亩", "title": {"zh": "亩", "en": "mu"}}


def test_without_any_word_the_numbers_are_the_fields() -> None:
    (found,) = units.readings(source(面积=[12.5]), LAYER, {"面积": "area_m2"}, {})
    assert (found.unit, found.by, found.samples) == (None, "nobody", (("12.5", 12.5),))


def test_a_head_of_two_levels_names_its_unit_apart() -> None:
    read = source(heads=(Head("占地/面积", "面积", parse_unit("亩")),), **{"占地/面积": [3]})
    assert units.unit_of(read, "占地/面积", {}) == parse_unit("亩")
    assert units.unit_of(read, "占地/面积", {"占地/面积": "m2"}) == parse_unit("㎡")


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"面积": "斤"}, "unknown unit"),
        ({"面积": "米"}, "does not measure"),
        ({"名称": "亩"}, "does not measure"),
        ({"没有": "亩"}, "no column"),
    ],
)
def test_what_cannot_be_is_refused(chosen: dict[str, str], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        units.check_chosen(chosen, {"面积": "area_m2", "名称": "name", "旁": None}, LAYER)


def test_a_unit_of_a_column_that_goes_nowhere_harms_nobody() -> None:
    units.check_chosen({"旁": "亩"}, {"旁": None}, LAYER)
    assert not units.fits("亩", LAYER, None)
    assert units.fits("亩", LAYER, "area_m2")
