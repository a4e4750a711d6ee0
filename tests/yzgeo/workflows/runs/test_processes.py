"""One entry per analysis, complete enough for a form."""

from __future__ import annotations

import jsonschema
import pytest

from yzgeo.coverage import load_circles, load_sources
from yzgeo.errors import ProcessUnknownError
from yzgeo.workflows.runs import PROCESSES, describe_choices, describe_circles, describe_inputs, process


def test_each_input_has_a_schema_and_both_languages(catalogue) -> None:
    circles, sources = load_circles(catalogue), load_sources(catalogue)
    for entry in PROCESSES.values():
        inputs = describe_inputs(entry, circles, sources)
        assert set(inputs) == set(entry.question.model_fields)
        assert inputs["circle"]["minOccurs"] == 1
        assert inputs["circle"]["schema"]["enum"] == list(circles)
        for one in inputs.values():
            jsonschema.Draft202012Validator.check_schema(one["schema"])
            assert any("\u4e00" <= character <= "\u9fff" for character in one["description"])
            assert any(character.isascii() and character.isalpha() for character in one["description"])


def test_circles_are_told_with_limit_and_source(catalogue) -> None:
    told = {one["id"]: one for one in describe_circles(load_circles(catalogue), catalogue, load_sources(catalogue))}
    assert told["fitness_10min"]["limit"]["metres"] == pytest.approx(833.33, abs=0.01)
    assert told["fitness_10min_500m"]["limit"]["minutes"] == pytest.approx(10)
    assert told["shelter"]["limit"]["field"] == "service_radius_m"
    assert set(told["living_10min"]["facility"]["layers"]) == {"public_facility"}
    assert all(one["source"] for one in told.values())


def test_what_a_scenario_can_change_is_told_by_the_catalogue(catalogue) -> None:
    told = describe_choices(load_sources(catalogue))
    (roads,) = told["roads"]
    assert (roads["layer"], roads["where"]) == ("road_project", {"kind": ["overpass", "dead_end"]})
    (parcels,) = told["parcels"]
    assert (parcels["layer"], parcels["stages"]) == ("shantytown_parcel", ["cleared"])
    assert [one["id"] for one in told["candidates"]] == ["cleared_parcels", "parks", "compounds"]


def test_another_catalogue_has_other_choices(catalogue) -> None:
    sources = load_sources(catalogue)
    walk = sources.networks["walk"]
    other = walk.projects.model_copy(update={"layer": "pipe_segment", "switches": {}, "where": {"kind": ("storm",)}})
    networks = {"walk": walk.model_copy(update={"projects": other})}
    land = sources.parcels.model_copy(update={"layer": "park_green", "stages": ()})
    told = describe_choices(sources.model_copy(update={"networks": networks, "parcels": land, "candidates": {}}))
    assert told["roads"] == [{"layer": "pipe_segment", "where": {"kind": ["storm"]}, "stages": []}]
    assert told["parcels"] == [{"layer": "park_green", "where": {}, "stages": []}]
    bare = {"walk": walk.model_copy(update={"projects": None})}
    assert describe_choices(sources.model_copy(update={"networks": bare}))["roads"] == []


def test_an_unknown_process_is_refused() -> None:
    with pytest.raises(ProcessUnknownError):
        process("moon")
