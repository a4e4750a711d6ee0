"""A run is named by everything that decides its answer."""

from __future__ import annotations

import pytest

from yzgeo.errors import CircleUnknownError, LayerUnknownError, ScenarioUnknownError

from .conftest import layers, write


def prepare(desk, role="admin", analysis="coverage", **parameters):
    return desk.preparer.prepare(analysis, {"circle": "fitness_10min", **parameters}, actor="x", role=role)


def test_the_same_question_of_the_same_data_has_the_same_name(desk, bare) -> None:
    first = prepare(desk)
    assert prepare(desk).id == first.id
    assert prepare(desk, minutes=11).id != first.id
    assert prepare(desk, barriers="none").id != first.id
    write(bare, "fitness_site", layers()["fitness_site"] | {"stage": ["completed", "completed"]})
    changed = prepare(desk)
    assert changed.id != first.id
    again = desk.preparer.again(first.document)
    assert again.document["inputs"] == first.document["inputs"]


def test_what_was_read_is_written_down(desk) -> None:
    document = prepare(desk).document
    assert document["inputs"]["road"]["revision"] == 1
    assert len(document["inputs"]["road"]["sha256"]) == 64
    assert document["data_status"]["road"] == {"illustrative": 4}
    assert document["access"] == "public"
    assert {"yzgeo", "scipy", "python"} <= set(document["versions"])


def test_access_follows_the_strictest_layer(desk) -> None:
    asked = {"analysis": "siting", "sites": 1, "candidates": "layer:base_station_5g"}
    assert prepare(desk, **asked).document["access"] == "restricted"
    with pytest.raises(LayerUnknownError):
        prepare(desk, role="viewer", **asked)


def test_unknown_names_are_refused(desk) -> None:
    with pytest.raises(CircleUnknownError):
        prepare(desk, circle="moon")
    with pytest.raises(ScenarioUnknownError):
        prepare(desk, scenario="0123456789ab")
    with pytest.raises(LayerUnknownError):
        prepare(desk, analysis="siting", sites=1, candidates="layer:moon")
