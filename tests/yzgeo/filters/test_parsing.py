"""CQL2 to conditions: what is understood, and what is refused in words."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from shapely.geometry import Point, box

from tests.yzgeo.store.conftest import LAYERS, write_layers
from yzgeo import crs
from yzgeo.catalogue import Layer, load
from yzgeo.errors import ParameterError
from yzgeo.filters import And, Column, Compare, In, IsNull, Like, Literal, Not, Or, Spatial, parse
from yzgeo.filters.parsing import MOST_CHARACTERS, MOST_CONDITIONS, MOST_DEPTH, MOST_SHAPES


@pytest.fixture(scope="module")
def area(tmp_path_factory: pytest.TempPathFactory) -> Layer:
    root = tmp_path_factory.mktemp("filters") / "layers"
    write_layers(root, LAYERS)
    return load(root).layer("area")


def read(text: str, layer: Layer, **options: object) -> object:
    return parse(text, layer, fields=list(layer.fields_by_id), **options)  # type: ignore[arg-type]


def column(layer: Layer, name: str, *, fold: bool = False) -> Column:
    return Column(layer.field(name), fold=fold)


def test_comparison_logic_and_lists(area: Layer) -> None:
    found = read("floors >= 3 AND (kind = 'a' OR NOT (kind IS NULL)) AND code IN ('P1','P2')", area)
    kind, floors, code = (column(area, name) for name in ("kind", "floors", "code"))
    assert found == And(
        (
            Compare(">=", floors, Literal(3.0)),
            Or((Compare("=", kind, Literal("a")), Not(IsNull(kind)))),
            In(code, ("P1", "P2")),
        )
    )


def test_text_and_json_say_the_same(area: Layer) -> None:
    tree = {
        "op": "and",
        "args": [
            {"op": "like", "args": [{"property": "name"}, "银%"]},
            {"op": "between", "args": [{"property": "height"}, 1, 2.5]},
        ],
    }
    as_json = read(json.dumps(tree, ensure_ascii=False), area, language="cql2-json")
    assert as_json == read("name LIKE '银%' AND height BETWEEN 1 AND 2.5", area)


def test_a_literal_may_stand_first(area: Layer) -> None:
    assert read("3 < floors", area) == Compare(">", column(area, "floors"), Literal(3.0))


def test_two_fields_may_be_compared_if_they_are_alike(area: Layer) -> None:
    assert read("floors > height", area) == Compare(">", column(area, "floors"), column(area, "height"))
    with pytest.raises(ParameterError):
        read("floors > name", area)


def test_case_is_folded_where_asked(area: Layer) -> None:
    assert read("CASEI(code) LIKE CASEI('Ab%')", area) == Like(column(area, "code", fold=True), "ab%")


def test_true_or_false_fields_are_conditions_by_themselves(area: Layer) -> None:
    assert read("NOT listed", area) == Not(Compare("=", column(area, "listed"), Literal(value=True)))
    with pytest.raises(ParameterError):
        read("NOT floors", area)


def test_runs_of_not_are_counted(area: Layer) -> None:
    once = read("NOT listed", area)
    assert read("NOT NOT NOT listed", area) == once


@pytest.mark.parametrize(
    ("text", "operator", "value"),
    [
        ("T_AFTER(built_on, DATE('2010-01-01'))", ">", "2010-01-01"),
        ("T_BEFORE(built_on, INTERVAL('2010-01-01','2011-01-01'))", "<", "2010-01-01"),
        ("T_BEFORE(DATE('2010-01-01'), built_on)", ">", "2010-01-01"),
        ("built_on = '2010-01-01'", "=", "2010-01-01"),
    ],
)
def test_moments_become_comparisons(area: Layer, text: str, operator: str, value: str) -> None:
    found = read(text, area)
    assert isinstance(found, Compare)
    assert (found.operator, found.right) == (operator, Literal(value))


def test_timestamps_are_brought_to_utc(area: Layer) -> None:
    found = read("seen_at >= TIMESTAMP('2024-05-01T08:00:00+08:00')", area)
    assert isinstance(found, Compare)
    assert found.right == Literal("2024-05-01T00:00:00.000Z")


def test_open_intervals(area: Layer) -> None:
    found = read("T_INTERSECTS(built_on, INTERVAL('..','2011-01-01'))", area)
    assert isinstance(found, And)
    assert [part.right for part in found.parts if isinstance(part, Compare)] == [
        Literal("0001-01-01"),
        Literal("2011-01-01"),
    ]


def test_shapes_are_brought_to_the_storage_system(area: Layer) -> None:
    found = read("S_WITHIN(geometry, BBOX(123, 42, 124, 43))", area)
    assert found == Spatial("within", box(123, 42, 124, 43))
    turned = read("S_WITHIN(POINT(123 42), geometry)", area)
    assert turned == Spatial("contains", Point(123, 42))
    east, north = crs.transformer("EPSG:4490", "EPSG:4529").transform(123.5, 42.3)
    moved = read(f"S_INTERSECTS(geometry, POINT({east} {north}))", area, filter_crs="EPSG:4529")
    assert isinstance(moved, Spatial)
    assert moved.shape.distance(Point(123.5, 42.3)) < 1e-9


@pytest.mark.parametrize(
    "text",
    [
        "",
        "floors =",
        "nothing = 1",
        "floors = 'three'",
        "code = 1",
        "listed = 'yes'",
        "built_on > 'yesterday'",
        "name LIKE 5",
        "floors LIKE '1%'",
        "1 = 1",
        "floors + 1 > 2",
        "S_INTERSECTS(geometry, POLYGON((0 0, 1 1, 1 0, 0 1, 0 0)))",
        "S_INTERSECTS(geometry, POINT(500 42))",
        "S_INTERSECTS(code, POINT(123 42))",
        "S_DWITHIN(geometry, POINT(123 42), 5)",
        "A_CONTAINS(code, ('x'))",
        "T_STARTS(built_on, INTERVAL('2010-01-01','2011-01-01'))",
        "T_DURING(built_on, DATE('2010-01-01'))",
        "T_AFTER(built_on, seen_at)",
        "T_AFTER(INTERVAL(built_on, code), DATE('2010-01-01'))",
        "T_AFTER(DATE('2011-01-01'), DATE('2010-01-01'))",
        "T_SOMEHOW(built_on, DATE('2010-01-01'))",
        "seen_at > TIMESTAMP('0001-01-01T00:00:00+14:00')",
        "S_INTERSECTS(geometry, POINT EMPTY)",
        "S_INTERSECTS(geometry, MULTIPOINT EMPTY)",
        "S_INTERSECTS(geometry, BBOX(123, 43, 124, 42))",
        "S_INTERSECTS(geometry, BBOX(123, 42))",
        "casei(code)",
        "T_DURING(built_on, INTERVAL('2012-01-01','2011-01-01'))",
        "T_AFTER(code, DATE('2010-01-01'))",
        "floors = 1e999",
        "code = 'x'; DROP TABLE area",
    ],
)
def test_what_cannot_be_meant_is_refused(area: Layer, text: str) -> None:
    with pytest.raises(ParameterError) as refusal:
        read(text, area)
    assert refusal.value.fields["name"] == "filter"


@pytest.mark.parametrize("kept", [0, 1, 2, 3, 4])
def test_an_operation_has_as_many_arguments_as_it_takes(area: Layer, kept: int) -> None:
    """The library lets any number pass."""
    wanted: dict[str, int] = {"isNull": 1, "not": 1, "between": 3} | dict.fromkeys(
        ["=", "<", "like", "in", "s_within", "s_equals", "t_after", "t_during", "t_starts"], 2
    )
    for op, number in wanted.items():
        first = {"built_on": op.startswith("t_"), "geometry": op.startswith("s_"), "height": op == "between"}
        name = next((name for name, fits in first.items() if fits), "code")
        args: list[object] = [{"property": name}, *("1" if name == "code" else 1 for _ in range(3))]
        if kept != number:
            with pytest.raises(ParameterError):
                read(json.dumps({"op": op, "args": args[:kept]}), area, language="cql2-json")
            with pytest.raises(ParameterError):
                read(json.dumps({"op": "not", "args": [{"op": op, "args": args[:kept]}]}), area, language="cql2-json")


@pytest.mark.parametrize(
    "tree",
    [
        {"op": "and", "args": []},
        {"op": "in", "args": [{"property": "code"}, "abc"]},
        {"op": "in", "args": [{"property": "code"}, {"property": "name"}]},
        {"op": "=", "args": [{"op": "casei", "args": []}, "x"]},
        {"op": "=", "args": [{"property": "code"}, {"op": "casei", "args": ["a", "b"]}]},
        {"op": "t_after", "args": [{"property": "built_on"}, {"interval": []}]},
        {"op": "t_after", "args": [{"property": "built_on"}, {"interval": ["2010-01-01"]}]},
        {"op": "t_after", "args": [{"property": "built_on"}, {"date": 5}]},
        {"op": "s_within", "args": [{"property": "geometry"}, {"bbox": ["a", "b", "c", "d"]}]},
        None,
        5,
        "code",
    ],
)
def test_trees_that_the_language_does_not_have_are_refused(area: Layer, tree: object) -> None:
    with pytest.raises(ParameterError):
        read(json.dumps(tree), area, language="cql2-json")


def test_a_box_may_cross_the_antimeridian_in_either_order_of_axes(area: Layer) -> None:
    found = read("S_WITHIN(geometry, BBOX(170, 42, -175, 43))", area)
    turned = read("S_WITHIN(geometry, BBOX(42, 170, 43, -175))", area, north_first=True)
    assert isinstance(found, Spatial)
    assert found.shape.equals(box(170, 42, 180, 43).union(box(-180, 42, -175, 43)))
    assert found == turned


def test_a_layer_without_geometry_has_no_spatial_conditions(tmp_path: Path) -> None:
    write_layers(tmp_path / "layers", LAYERS)
    note = load(tmp_path / "layers").layer("note")
    with pytest.raises(ParameterError):
        read("S_INTERSECTS(geometry, POINT(123 42))", note)


def test_a_field_that_may_not_be_seen_is_unknown(area: Layer) -> None:
    with pytest.raises(ParameterError) as hidden:
        parse("floors > 1", area, fields=["code"])
    with pytest.raises(ParameterError) as missing:
        parse("florrs > 1", area, fields=["code"])
    assert hidden.value.message("en").replace("floors", "florrs") == missing.value.message("en")


@pytest.mark.parametrize(
    "text",
    [
        "(" * (MOST_DEPTH + 1) + "floors = 1" + ")" * (MOST_DEPTH + 1),
        "(" * 100_000,
        "NOT " * (MOST_DEPTH + 1) + "listed",
        "nOt\n" * 3_900 + "listed",
        "floors = " + "- " * 3_900 + "1",
        " AND ".join(["floors = 1"] * (MOST_CONDITIONS + 1)),
        " OR ".join(["S_DISJOINT(geometry, POINT(1 2))"] * (MOST_SHAPES + 1)),
        "code IN (" + ",".join(["'x'"] * MOST_CHARACTERS) + ")",
    ],
)
def test_what_is_too_big_is_refused(area: Layer, text: str) -> None:
    with pytest.raises(ParameterError):
        read(text, area)


def test_the_worst_that_is_let_through_does_not_exhaust_the_stack() -> None:
    """The library recurses in native code: a crash would take the service along, so it runs in a process of its own."""
    worst = [
        "NOT " * MOST_DEPTH + "x=1",
        "-" * MOST_DEPTH + "1=x",
        "NOT casei(" * MOST_DEPTH + "x" + ")" * MOST_DEPTH,
        "x+" * (MOST_CHARACTERS // 2 - 3) + "1=1",
        "(" * MOST_DEPTH + "x=1" + ")" * MOST_DEPTH,
        " AND ".join(["x=1"] * (MOST_CHARACTERS // 9)),
    ]
    program = (
        "import json, sys, threading, cql2\n"
        "def read():\n"
        "    for text in json.load(sys.stdin):\n"
        "        try:\n"
        "            cql2.parse_text(text).to_json()\n"
        "        except (cql2.ParseError, ValueError, RecursionError):\n"
        "            pass\n"
        "    print('alive')\n"
        "thread = threading.Thread(target=read)\n"
        "thread.start(); thread.join()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(worst),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "alive"), done.stderr[-500:]


def test_filters_are_read_in_threads_too(area: Layer) -> None:
    found: list[object] = []
    text = "NOT " * (MOST_DEPTH - 1) + "listed"
    thread = threading.Thread(target=lambda: found.append(read(text, area)))
    thread.start()
    thread.join()
    assert len(found) == 1
