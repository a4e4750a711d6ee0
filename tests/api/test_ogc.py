"""What docs/ogc.md says of the OGC API, where no test of a single route says it: all operators, systems, intervals."""

from __future__ import annotations

import json
from typing import Any

import pyproj
import pytest

PARCELS = "/ogc/collections/shantytown_parcel/items"
X, Y, STEP = 123.84, 42.29, 0.001
ALL = "123456"


def rectangle(west: float, south: float, east: float, north: float) -> list[list[list[float]]]:
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


SQUARE = rectangle(X - 0.0001, Y - 0.0001, X + 0.0009, Y + 0.0009)
EXACT = rectangle(X, Y, X + 0.0008, Y + 0.0008)
ACROSS = rectangle(X + 0.0004, Y - 1, X + 0.0009, Y + 1)
CROSSING = [[X - 0.001, Y + 0.0004], [X + 0.0014, Y + 0.0004]]


def named(name: str) -> dict[str, str]:
    return {"property": name}


def told(op: str, *args: Any) -> dict[str, Any]:
    return {"op": op, "args": list(args)}


def shape(kind: str, coordinates: Any) -> dict[str, Any]:
    return {"type": kind, "coordinates": coordinates}


def wkt(kind: str, coordinates: Any) -> str:
    if kind == "POINT":
        return f"POINT({coordinates[0]} {coordinates[1]})"
    rings = coordinates if kind == "POLYGON" else [coordinates]
    texts = [", ".join(f"{x} {y}" for x, y in ring) for ring in rings]
    return f"POLYGON(({texts[0]}))" if kind == "POLYGON" else f"LINESTRING({texts[0]})"


def spatial(op: str, kind: str, coordinates: Any, codes: str) -> tuple[str, dict[str, Any], str]:
    geojson = {"POINT": "Point", "LINESTRING": "LineString", "POLYGON": "Polygon"}[kind]
    text = f"{op.upper()}(geometry, {wkt(kind, coordinates)})"
    return text, told(op, named("geometry"), shape(geojson, coordinates)), codes


def of_intervals(op: str, codes: str, start: str, end: str) -> tuple[str, dict[str, Any], str]:
    """What lasts from the day of the stage, 2024-06-30, to the end of September, beside an interval."""
    text = f"{op.upper()}(INTERVAL(stage_date, '2024-09-30'), INTERVAL('{start}', '{end}'))"
    lasting = {"interval": [named("stage_date"), "2024-09-30"]}
    return text, told(op, lasting, {"interval": [start, end]}), codes


def temporal(op: str, codes: str, *days: str) -> tuple[str, dict[str, Any], str]:
    """All parcels reached their stage on 2024-06-30."""
    if len(days) == 1:
        return (f"{op.upper()}(stage_date, DATE('{days[0]}'))", told(op, named("stage_date"), {"date": days[0]}), codes)
    between = f"INTERVAL('{days[0]}', '{days[1]}')"
    return f"{op.upper()}(stage_date, {between})", told(op, named("stage_date"), {"interval": list(days)}), codes


# The centres of the second and of the fifth square, and one kind of literal after the other that meets both alone.
SECOND, FIFTH = [X + STEP + 0.0004, Y + 0.0004], [X + 4 * STEP + 0.0004, Y + 0.0004]
PIECES = [[SECOND, [SECOND[0], Y + 0.0005]], [FIFTH, [FIFTH[0], Y + 0.0005]]]
SPOTS = [rectangle(x, y, x + 0.0001, y + 0.0001) for x, y in (SECOND, FIFTH)]
TWO_RINGS = ", ".join("((" + ", ".join(f"{x} {y}" for x, y in ring) + "))" for (ring,) in SPOTS)
TWO_PATHS = ", ".join("(" + ", ".join(f"{x} {y}" for x, y in path) + ")" for path in PIECES)
TWO_POINTS = ", ".join(f"({x} {y})" for x, y in (SECOND, FIFTH))
WEST, EAST = X + STEP + 0.0001, X + 4 * STEP - 0.0003
LITERALS: list[tuple[str, dict[str, Any], str]] = [
    (f"MULTIPOINT({TWO_POINTS})", shape("MultiPoint", [SECOND, FIFTH]), "25"),
    (f"MULTILINESTRING({TWO_PATHS})", shape("MultiLineString", PIECES), "25"),
    (f"MULTIPOLYGON({TWO_RINGS})", shape("MultiPolygon", SPOTS), "25"),
    (
        f"GEOMETRYCOLLECTION(POINT({SECOND[0]} {SECOND[1]}), MULTIPOINT({TWO_POINTS}))",
        {"type": "GeometryCollection", "geometries": [shape("Point", SECOND), shape("MultiPoint", [SECOND, FIFTH])]},
        "25",
    ),
    (f"POINT Z({SECOND[0]} {SECOND[1]} 60.5)", shape("Point", [*SECOND, 60.5]), "2"),
    (f"BBOX({WEST}, {Y}, {EAST}, {Y + 1})", {"bbox": [WEST, Y, EAST, Y + 1]}, "234"),
    (f"BBOX({WEST}, {Y}, 0, {EAST}, {Y + 1}, 9)", {"bbox": [WEST, Y, 0, EAST, Y + 1, 9]}, "234"),
    (f"BBOX({SECOND[0]}, {Y}, {SECOND[0]}, {Y})", {"bbox": [SECOND[0], Y, SECOND[0], Y]}, "2"),
    (f"BBOX(170, {Y}, {WEST}, {Y + 1})", {"bbox": [170, Y, WEST, Y + 1]}, "12"),
]


def spatial_literal(text: str, tree: dict[str, Any], codes: str) -> tuple[str, dict[str, Any], str]:
    return f"S_INTERSECTS(geometry, {text})", told("s_intersects", named("geometry"), tree), codes


PLANNED = told("=", named("stage"), "planned")
# Condition as text and as JSON, and the last digits of the codes of the parcels that meet it, worked out by hand from
# tests/api/conftest.py: areas 1000.5, 2000 … 6000; the third has no name; squares of 0.0008 degrees side by side.
OPERATORS: list[tuple[str, Any, str]] = [
    ("area_m2 = 2000", told("=", named("area_m2"), 2000), "2"),
    ("area_m2 <> 2000", told("<>", named("area_m2"), 2000), "13456"),
    ("area_m2 < 2000", told("<", named("area_m2"), 2000), "1"),
    ("area_m2 <= 2000", told("<=", named("area_m2"), 2000), "12"),
    ("area_m2 > 4000", told(">", named("area_m2"), 4000), "56"),
    ("area_m2 >= 4000", told(">=", named("area_m2"), 4000), "456"),
    ("stage = 'planned' AND code <> 'P01'", told("and", PLANNED, told("<>", named("code"), "P01")), "6"),
    ("stage = 'planned' OR code = 'P02'", told("or", PLANNED, told("=", named("code"), "P02")), "126"),
    ("NOT (stage = 'planned')", told("not", PLANNED), "2345"),
    ("name LIKE '%地块'", told("like", named("name"), "%地块"), "124"),
    ("name LIKE '地块_'", told("like", named("name"), "地块_"), "6"),
    ("name NOT LIKE '%地块'", told("not", told("like", named("name"), "%地块")), "56"),
    ("code IN ('P02', 'P06', 'P99')", told("in", named("code"), ["P02", "P06", "P99"]), "26"),
    ("area_m2 NOT IN (2000, 3000)", told("not", told("in", named("area_m2"), [2000, 3000])), "1456"),
    ("area_m2 BETWEEN 2000 AND 4000", told("between", named("area_m2"), 2000, 4000), "234"),
    ("area_m2 NOT BETWEEN 2000 AND 4000", told("not", told("between", named("area_m2"), 2000, 4000)), "156"),
    ("name IS NULL", told("isNull", named("name")), "3"),
    ("name IS NOT NULL", told("not", told("isNull", named("name"))), "12456"),
    ("CASEI(code) = CASEI('p04')", told("=", told("casei", named("code")), told("casei", "p04")), "4"),
    ("CASEI(code) LIKE CASEI('p%')", told("like", told("casei", named("code")), told("casei", "p%")), ALL),
    spatial("s_intersects", "POINT", [X + 2 * STEP + 0.0004, Y + 0.0004], "3"),
    spatial("s_disjoint", "POINT", [X + 2 * STEP + 0.0004, Y + 0.0004], "12456"),
    spatial("s_within", "POLYGON", SQUARE, "1"),
    spatial("s_contains", "POINT", [X + 0.0004, Y + 0.0004], "1"),
    spatial("s_equals", "POLYGON", EXACT, "1"),
    spatial("s_touches", "POINT", [X + 0.0008, Y + 0.0004], "1"),
    spatial("s_crosses", "LINESTRING", CROSSING, "12"),
    spatial("s_overlaps", "POLYGON", ACROSS, "1"),
    temporal("t_after", ALL, "2024-06-29"),
    temporal("t_after", "", "2024-06-30"),
    temporal("t_before", ALL, "2024-07-01"),
    temporal("t_equals", ALL, "2024-06-30"),
    temporal("t_during", ALL, "2024-06-01", "2024-07-31"),
    temporal("t_intersects", ALL, "2024-06-30", ".."),
    temporal("t_intersects", "", "..", "2024-06-29"),
    temporal("t_disjoint", ALL, "2024-07-01", ".."),
    of_intervals("t_after", ALL, "2024-01-01", "2024-06-29"),
    of_intervals("t_before", ALL, "2024-10-01", ".."),
    of_intervals("t_equals", ALL, "2024-06-30", "2024-09-30"),
    of_intervals("t_intersects", ALL, "2024-01-01", "2024-06-30"),
    of_intervals("t_disjoint", "", "2024-01-01", "2024-06-30"),
    of_intervals("t_contains", ALL, "2024-07-01", "2024-09-29"),
    of_intervals("t_contains", "", "2024-06-30", "2024-09-29"),
    of_intervals("t_during", ALL, "2024-06-29", "2024-10-01"),
    of_intervals("t_finishedby", ALL, "2024-07-01", "2024-09-30"),
    of_intervals("t_finishes", ALL, "2024-06-29", "2024-09-30"),
    of_intervals("t_meets", ALL, "2024-09-30", "2024-12-31"),
    of_intervals("t_metby", ALL, "2024-01-01", "2024-06-30"),
    of_intervals("t_overlappedby", ALL, "2024-01-01", "2024-07-01"),
    of_intervals("t_overlaps", ALL, "2024-07-01", "2024-12-31"),
    of_intervals("t_startedby", ALL, "2024-06-30", "2024-09-29"),
    of_intervals("t_starts", ALL, "2024-06-30", "2024-10-01"),
    ("TRUE", True, ALL),
    ("code = 'P02' OR FALSE", told("or", told("=", named("code"), "P02"), False), "2"),
    *(spatial_literal(text, tree, codes) for text, tree, codes in LITERALS),
]  # fmt: skip


def digits(answer: Any) -> str:
    assert answer.status_code == 200, answer.text
    page = answer.json()
    assert page["numberMatched"] == page["numberReturned"] == len(page["features"])
    return "".join(feature["properties"]["code"][-1] for feature in page["features"])


def test_every_operator_of_cql2_in_both_its_languages(client) -> None:
    found = {}
    for text, tree, codes in OPERATORS:
        as_text = client.get(PARCELS, params={"filter": text})
        as_json = client.get(
            PARCELS, params={"filter": json.dumps(tree, ensure_ascii=False), "filter-lang": "cql2-json"}
        )
        if (digits(as_text), digits(as_json)) != (codes, codes):
            found[text] = (digits(as_text), digits(as_json), codes)
    assert found == {}


@pytest.mark.parametrize("layer", ["shantytown_parcel", "indicator"])
def test_every_queryable_is_a_parameter_that_chooses(client, layer: str) -> None:
    """Part 3, requirement class *queryables as query parameters*."""
    root = f"/ogc/collections/{layer}"
    queryables = client.get(f"{root}/queryables").json()["properties"]
    features = client.get(f"{root}/items").json()["features"]
    asked = 0
    for name in queryables.keys() - {"geometry"}:
        values = {
            feature["id"]: feature["id"] if name == "uid" else feature["properties"][name] for feature in features
        }
        for value in {value for value in values.values() if value is not None}:
            found = client.get(f"{root}/items", params={name: value}).json()
            same = [uid for uid, other in values.items() if other == value]
            assert [feature["id"] for feature in found["features"]] == same, (name, value)
            asked += 1
    assert asked >= 8


def test_every_sortable_orders_and_nothing_else(client) -> None:
    root = "/ogc/collections/shantytown_parcel"
    for name in client.get(f"{root}/sortables").json()["properties"]:
        for sign in ("", "-"):
            found = client.get(f"{root}/items", params={"sortby": f"{sign}{name}"}).json()["features"]
            values = [feature["id"] if name == "uid" else feature["properties"][name] for feature in found]
            there = [value for value in values if value is not None]
            assert there == sorted(there, reverse=sign == "-"), (sign, name)
            assert values[len(there) :] == [None] * (6 - len(there)), "gaps come last"
    assert client.get(f"{root}/items?sortby=geometry").status_code == 400


def test_a_box_in_every_system_with_the_axes_of_its_authority(client) -> None:
    """The box around the second and third square, its corners brought there by PROJ in the authority's order."""
    corners = [(X + STEP + 0.0001, Y + 0.0001), (X + 2 * STEP + 0.0007, Y + 0.0007)]
    systems = client.get("/ogc/collections/shantytown_parcel").json()["crs"]
    assert [uri.rpartition("/")[2] for uri in systems] == ["CRS84", "4326", "4490", "4529", "4550", "3857"]
    for uri in systems:
        code = uri.rpartition("/")[2]
        there = pyproj.Transformer.from_crs("OGC:CRS84", "OGC:CRS84" if code == "CRS84" else f"EPSG:{code}")
        moved = [there.transform(*corner) for corner in corners]
        for heights in ((), (0,)):
            box = ",".join(str(number) for corner in moved for number in (*corner, *heights))
            answer = client.get(PARCELS, params={"bbox": box, "bbox-crs": uri, "crs": uri})
            assert digits(answer) == "23", uri
        assert answer.headers["content-crs"] == f"<{uri}>"
        ring = answer.json()["features"][0]["geometry"]["coordinates"][0]
        back = [there.transform(*point, direction="INVERSE") for point in ring]
        assert tuple(map(min, zip(*back, strict=True))) == pytest.approx((X + STEP, Y), abs=1e-6), uri


def test_a_box_across_the_antimeridian_holds_what_lies_on_either_side(client) -> None:
    assert digits(client.get(f"{PARCELS}?bbox=123.8424,42,-170,43")) == "3456"
    assert digits(client.get(f"{PARCELS}?bbox=170,42,123.8415,43")) == "12"
    assert digits(client.get(f"{PARCELS}?bbox=170,42,-170,43")) == ""


INTERVALS: list[tuple[str, str | None]] = [
    ("../2024-06-29", "2024-06-29"),
    ("/2024-06-29", "2024-06-29"),
    ("2020-01-01/2024-06-29", "2024-06-29"),
    ("2024-06-29T12:00:00Z", "2024-06-29"),
    ("2024-06-29/..", None),
    ("2024-06-29/", None),
    ("../..", None),
]


def test_an_interval_may_be_open_and_its_end_decides(client) -> None:
    def features(**asked: str) -> Any:
        return client.get(PARCELS, params=asked).json()["features"]

    now = features()
    for when, same in INTERVALS:
        assert features(datetime=when) == (features(datetime=same) if same else now), when
    assert features(datetime="2024-06-29") != now, "the day before all of them came to their stages"


def test_every_layer_that_is_drawn_has_a_style_for_qgis(connect) -> None:
    chief = connect("admin")
    layers = chief.get("/ogc/collections").json()["collections"]
    drawn = [layer["id"] for layer in layers if layer["itemType"] == "feature"]
    assert len(drawn) > 15
    for layer in drawn:
        answer = chief.get(f"/ogc/styles/{layer}?f=qml")
        assert answer.status_code == 200, layer
        assert answer.text.startswith("<!DOCTYPE qgis")
