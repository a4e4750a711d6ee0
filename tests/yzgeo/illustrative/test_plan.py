from __future__ import annotations

from pathlib import Path

import pytest

from yzgeo.catalogue import Catalogue
from yzgeo.errors import CatalogueError
from yzgeo.illustrative import IllustrativePlan, load_plan
from yzgeo.targets import load as load_targets


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"none\.yaml"):
        load_plan(tmp_path / "none.yaml")


def test_an_unknown_key_is_refused_by_name(catalogue: Catalogue, tmp_path: Path) -> None:
    text = (catalogue.root / "illustrative.yaml").read_text(encoding="utf-8")
    wrong = tmp_path / "illustrative.yaml"
    wrong.write_text(text + "surprise: 1\n", encoding="utf-8")
    with pytest.raises(CatalogueError, match="surprise"):
        load_plan(wrong)


COUNTS = {
    "shantytown_parcels": lambda plan: plan.parcels.count,
    "old_compounds": lambda plan: plan.compounds.count,
    "old_compound_buildings": lambda plan: plan.compounds.buildings,
    "base_stations": lambda plan: plan.sites.count,
    "roads_rebuilt": lambda plan: plan.roads.rebuilt,
    "roads_new": lambda plan: plan.roads.new,
    "planned_roads": lambda plan: len(plan.roads.planned),
    "dead_ends": lambda plan: len(plan.streets.gaps),
    "transfer_stations": lambda plan: plan.services.transfer_stations,
    "public_toilets": lambda plan: plan.services.toilets,
    "sanitation_vehicles": lambda plan: plan.services.vehicles,
    "rural_toilets": lambda plan: plan.services.rural_toilets,
    "wells": lambda plan: plan.services.drinking_wells + plan.services.drought_wells,
    "drinking_water": lambda plan: plan.services.drinking_water_projects,
    "kindergartens": lambda plan: plan.services.kindergartens,
    "kindergartens_new": lambda plan: plan.services.kindergartens_new,
    "primary_schools_new": lambda plan: len(plan.services.primary_schools_new),
}
AMOUNTS = {
    "shantytown_area": lambda plan: plan.parcels.area_m2 / 10_000,
    "culverts": lambda plan: plan.pipes.lengths_m["culvert"] / 1000,
    "storm_sewers": lambda plan: plan.pipes.lengths_m["storm"] / 1000,
    "sewage_sewers": lambda plan: plan.pipes.lengths_m["sewage"] / 1000,
    "combined_sewers": lambda plan: plan.pipes.lengths_m["combined"] / 1000,
    "rural_roads": lambda plan: plan.roads.rural_m / 1000,
    "gully": lambda plan: plan.services.gully_m / 1000,
}


@pytest.mark.parametrize("target_id", [*COUNTS, *AMOUNTS])
def test_counts_and_amounts_are_those_of_the_targets(
    catalogue: Catalogue, plan: IllustrativePlan, target_id: str
) -> None:
    target = {target.id: target for target in load_targets(catalogue)}[target_id]
    assert (COUNTS | AMOUNTS)[target_id](plan) == pytest.approx(target.value)


def test_indicators_are_those_of_table_1(catalogue: Catalogue, plan: IllustrativePlan) -> None:
    table = {target.table1: target for target in load_targets(catalogue) if target.table1 is not None}
    assert [row[0] for row in plan.indicators] == sorted(table) == list(range(1, 20))
    for number, *_, kind in plan.indicators:
        assert kind == table[number].kind
