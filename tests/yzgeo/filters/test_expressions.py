"""The tree of conditions tells what it speaks of."""

from __future__ import annotations

from shapely.geometry import Point

from yzgeo.catalogue import FieldSpec, Label
from yzgeo.filters import And, Column, Compare, Like, Literal, Not, Or, Spatial, columns_of, relates_of
from yzgeo.filters.expressions import walk

NAME = Column(FieldSpec(id="name", title=Label(zh="名称", en="Name"), type="text"))
FLOORS = Column(FieldSpec(id="floors", title=Label(zh="层数", en="Floors"), type="integer"))
HERE = Spatial("intersects", Point(1, 2))


def test_the_fields_of_every_branch_are_listed() -> None:
    condition = Or((And((Like(NAME, "x%"), HERE)), Not(Compare("=", Literal(3), FLOORS))))
    assert columns_of(condition) == {"name", "floors", "geometry"}
    assert sum(1 for _ in walk(condition)) == 6


def test_only_what_every_match_must_meet_narrows_a_search() -> None:
    assert relates_of(HERE) == (HERE,)
    assert relates_of(And((Like(NAME, "x"), HERE))) == (HERE,)
    assert relates_of(Or((Like(NAME, "x"), HERE))) == ()
    assert relates_of(Not(HERE)) == ()
    assert relates_of(Spatial("disjoint", Point(1, 2))) == ()
