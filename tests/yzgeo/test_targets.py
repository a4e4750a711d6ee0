"""The register of promises says what the plan says, where the plan says it."""

from __future__ import annotations

import os
import re
import shutil
from functools import lru_cache
from pathlib import Path

import pytest

from yzgeo.catalogue import Catalogue, load
from yzgeo.errors import CatalogueError
from yzgeo.targets import Target
from yzgeo.targets import load as load_targets

PLAN = Path(__file__).parents[3] / "shared" / "plan" / "outline-2021-2025.txt"
CI = os.environ.get("CI") == "true"
TARGETS = load_targets(load())
EACH = pytest.mark.parametrize("target", TARGETS, ids=[target.id for target in TARGETS])
TINY = Path(__file__).parents[1] / "layers" / "tiny_district"
SECOND_HALLS = """sections:
  - chapter: 第一章
    section: 第二节
    targets:
      - id: halls
        title: {zh: 礼堂, en: Halls}
        quote: 三座
        figure: 三座
        unit: {zh: 座, en: halls}
        measure: {kind: manual}
"""
CHINESE_DIGITS = {"二": 2, "四": 4}


def squeezed(text: str) -> str:
    return "".join(text.split())


@lru_cache
def plan_sections() -> dict[tuple[str, str], str]:
    """Text of each section by chapter and section title, without white space."""
    if not PLAN.exists():
        assert not CI, f"the plan's text is missing: {PLAN}"
        pytest.skip("the plan's text is not beside this checkout")
    text = PLAN.read_text(encoding="utf-8")
    body = text[text.index("“十四五”时期是全区全面建成小康社会") :]  # after the table of contents
    sections: dict[tuple[str, str], str] = {}
    chapter = section = ""
    for line in body.splitlines():
        title = squeezed(line)
        if len(title) < 40 and re.match(r"第[一二三四五六七八九十]+章", title):
            chapter, section = title, ""
        elif len(title) < 40 and re.match(r"第[一二三四五六七八九十]+节", title):
            section = title
        else:
            sections[chapter, section] = sections.get((chapter, section), "") + title
    return sections


def number_in(figure: str) -> float | None:
    """The number that a figure writes; the sum where it writes several."""
    digits = re.findall(r"\d+(?:\.\d+)?", figure)
    if digits:
        return sum(float(one) for one in digits)
    return next((float(value) for digit, value in CHINESE_DIGITS.items() if digit in figure), None)


@EACH
def test_every_quote_stands_in_its_section(target: Target) -> None:
    place = squeezed(target.chapter), squeezed(target.section)
    sections = plan_sections()
    assert place in sections
    assert squeezed(target.quote) in sections[place]


@EACH
def test_every_figure_is_in_its_quote_and_is_its_value(target: Target) -> None:
    assert squeezed(target.figure) in squeezed(target.quote)
    written = number_in(target.figure)
    names_a_road_number_or_a_time = target.id in ("g102_reroute", "living_circle", "fitness_circle")
    if target.value is not None and written is not None and not names_a_road_number_or_a_time:
        assert target.value == written
    if target.value is None and target.table1 is None and not names_a_road_number_or_a_time:
        assert not re.search(r"\d", target.figure)


def test_the_plan_has_fourteen_chapters() -> None:
    assert len({chapter for chapter, _ in plan_sections() if chapter}) == 14


def test_table_1_is_complete_and_word_for_word() -> None:
    by_number = {target.table1: target for target in TARGETS if target.table1 is not None}
    assert sorted(by_number) == list(range(1, 20))
    text = plan_sections()["第二章高质量谋篇布局开启现代化建设新征程", "第五节总体目标"]
    for number, target in by_number.items():
        kind = {"expected": "预期性", "binding": "约束性"}[target.kind]
        assert squeezed(target.quote).startswith(str(number))
        assert squeezed(target.quote).endswith(squeezed(target.figure) + kind)
        assert squeezed(target.quote) in text
    assert {n for n, target in by_number.items() if target.kind == "binding"} == {10, 11, 12, 15, 17}


def test_only_table_1_is_expected_or_binding() -> None:
    assert {target.kind for target in TARGETS if target.table1 is None} == {"project"}


@pytest.mark.parametrize(
    ("target_id", "layer", "value"),
    [
        ("shantytown_parcels", "shantytown_parcel", 63),
        ("shantytown_area", "shantytown_parcel", 46.34),
        ("old_compounds", "old_compound", 90),
        ("old_compound_buildings", "old_compound", 1076),
        ("management_stations", "management_station", 7),
        ("culverts", "pipe_segment", 1.5),
        ("storm_sewers", "pipe_segment", 27.87),
        ("sewage_sewers", "pipe_segment", 23.94),
        ("combined_sewers", "pipe_segment", 6.2),
        ("base_stations", "base_station_5g", 630),
        ("roads_rebuilt", "road_project", 52),
        ("roads_new", "road_project", 13),
        ("road_area", "indicator", 117),
        ("dead_ends", "road_project", 4),
        ("planned_roads", "road_project", 9),
        ("rural_roads", "road_project", 40),
        ("transfer_stations", "sanitation_facility", 5),
        ("waste_site", "sanitation_facility", 1),
        ("public_toilets", "sanitation_facility", 21),
        ("sanitation_vehicles", "sanitation_facility", 50),
        ("rural_toilets", "sanitation_facility", 500),
        ("green_roads", "park_green", 2),
        ("public_green", "park_green", 8.8),
        ("kindergartens", "public_facility", 127),
        ("kindergartens_new", "public_facility", 3),
        ("primary_schools_new", "public_facility", 2),
        ("wells", "water_project", 32),
        ("gully", "water_project", 4),
        ("drinking_water", "water_project", 8),
        ("green_cover", "indicator", 37.5),
        ("management_coverage", "indicator", 90),
        ("fitness_circle", "fitness_site", None),
        ("living_circle", "public_facility", None),
        ("shelters", "shelter", None),
        ("sponge_city", "pipe_segment", None),
    ],
)
def test_the_main_promises_are_there(target_id: str, layer: str, value: float | None) -> None:
    target = next(target for target in TARGETS if target.id == target_id)
    assert (target.layer, target.value) == (layer, value)


def test_per_resident_brings_the_population_and_its_source(catalogue: Catalogue) -> None:
    target = next(target for target in TARGETS if target.id == "public_green")
    assert target.population == catalogue.district.population
    assert all(target.population is None for target in TARGETS if target.measure.per is None)


def test_a_district_without_the_file_has_no_targets(tmp_path: Path) -> None:
    root = Path(shutil.copytree(TINY, tmp_path / "layers"))
    assert [target.id for target in load_targets(load(root))] == ["halls"]
    (root / "targets.yaml").unlink()
    assert load_targets(load(root)) == ()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("layer: hall", "layer: nowhere", "unknown layer nowhere"),
        ("        layer: hall\n", "", "needs a layer"),
        ("{kind: count}", "{kind: sum}", "sum needs a field"),
        ("{kind: count}", "{kind: sum, field: chairs}", "no number chairs"),
        ("{kind: count}", "{kind: sum, field: name}", "no number name"),
        ("{kind: count}", "{kind: length}", "length needs a field"),
        ("{kind: count}", "{kind: count, where: {colour: [red]}}", "no field colour"),
        ("{kind: count}", "{kind: count, where: {stage: [finished]}}", "no value finished"),
        ("{kind: count}", "{kind: count, done_where: {stage: [finished]}}", "no value finished"),
        ("{kind: count}", "{kind: weight}", "kind"),
        ("figure: 3 座", "figure: 4 座", "not part of the quote"),
        ("horizon: 2030", "horizon: 2030\n        colour: red", "colour"),
        (
            "sections:\n",
            SECOND_HALLS,
            "twice",
        ),
    ],
)
def test_a_wrong_promise_is_refused_by_name(tmp_path: Path, old: str, new: str, told: str) -> None:
    root = Path(shutil.copytree(TINY, tmp_path / "layers"))
    path = root / "targets.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CatalogueError) as refusal:
        load_targets(load(root))
    assert told in str(refusal.value)
