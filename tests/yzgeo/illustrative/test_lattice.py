from __future__ import annotations

import numpy as np
import pytest
import shapely

from yzgeo.catalogue import Catalogue
from yzgeo.illustrative import IllustrativePlan, load_plan
from yzgeo.illustrative.ground import Ground, build_ground
from yzgeo.illustrative.lattice import FINE_STEP, NO_ZONE, Lattice, build_lattice, settle_villages


@pytest.fixture
def tiny_plan(tiny_catalogue: Catalogue) -> IllustrativePlan:
    return load_plan(tiny_catalogue.root / "illustrative.yaml")


@pytest.fixture
def ground(tiny_catalogue: Catalogue, tiny_plan: IllustrativePlan) -> Ground:
    return build_ground(tiny_catalogue, tiny_plan)


@pytest.fixture
def lattice(tiny_catalogue: Catalogue, tiny_plan: IllustrativePlan, ground: Ground) -> Lattice:
    return build_lattice(tiny_catalogue, tiny_plan, ground, np.random.default_rng(1))


def test_nodes_are_numbered_column_by_column(lattice: Lattice) -> None:
    size = len(lattice.lines)
    assert lattice.lines[size // 2] == 0
    assert lattice.nodes.shape == (size * size, 2)
    assert lattice.number(2, 5) == 2 * size + 5
    middle = lattice.nodes[lattice.number(size // 2, size // 2)]
    east = lattice.nodes[lattice.number(size // 2 + 1, size // 2)]
    assert 90 < np.hypot(*(east - middle)) < 230


def test_usable_nodes_are_dry_and_inside(lattice: Lattice, ground: Ground) -> None:
    used = lattice.nodes[lattice.usable]
    assert shapely.contains_xy(ground.boundary, *used.T).all()
    assert not shapely.contains_xy(ground.obstacles, *used.T).any()


def test_zones_say_how_fine_the_grid_is(lattice: Lattice, tiny_plan: IllustrativePlan) -> None:
    assert set(lattice.step[lattice.zone == NO_ZONE]) == {tiny_plan.streets.rural_step}
    assert set(lattice.step[lattice.zone == 0]) == {1}


def test_a_village_moves_to_the_nearest_reached_node_outside_the_town(
    lattice: Lattice, tiny_plan: IllustrativePlan
) -> None:
    outside = np.flatnonzero(lattice.usable & (lattice.step > FINE_STEP))
    reached = outside[:40]
    wish = lattice.nodes[reached[7]] + 15.0
    before = lattice.step.copy()
    (moved,) = settle_villages(lattice, tiny_plan, wish[None, :], reached)
    assert np.hypot(*(moved - wish)) <= np.hypot(15, 15)
    assert any((lattice.nodes[node] == moved).all() for node in reached)
    changed = lattice.step != before
    assert (np.hypot(*(lattice.nodes[changed] - moved).T) < tiny_plan.streets.village_radius_m).all()
    assert (lattice.step[changed] == 1).all()
    assert (lattice.zone_step == before).all()
