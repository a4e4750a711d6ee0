"""Which layers are drawn simpler at which zoom."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from yzgeo.catalogue import LayerSpec
from yzgeo.generalising import treatment


@pytest.mark.parametrize(
    ("name", "z", "clusters", "simplifies"),
    [
        ("base_station_5g", 12, True, False),
        ("base_station_5g", 13, False, False),
        ("shelter", 8, False, False),
        ("community", 13, False, True),
        ("community", 14, False, False),
        ("road", 13, False, True),
        ("road", 16, False, False),
    ],
)
def test_the_rule(catalogue, name: str, z: int, clusters: bool, simplifies: bool) -> None:
    found = treatment(catalogue.layer(name), z)
    assert (found.clusters, found.simplifies) == (clusters, simplifies)
    assert found.plain is not (clusters or simplifies)


def test_a_layer_without_a_last_zoom_never_clusters(catalogue) -> None:
    layer = catalogue.layer("base_station_5g")
    bare = replace(layer, spec=layer.spec.model_copy(update={"cluster_to": None}))
    assert not any(treatment(bare, z).clusters for z in range(23))


def test_only_points_are_gathered(catalogue) -> None:
    told = catalogue.layer("road").spec.model_dump()
    with pytest.raises(ValidationError, match="cluster_to"):
        LayerSpec.model_validate({**told, "cluster_to": 10})
