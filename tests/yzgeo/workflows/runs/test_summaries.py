"""Figures add up, whatever the limit."""

from __future__ import annotations

import pandas as pd
import pytest

from yzgeo.workflows.runs.summaries import by_parcel, by_unit, compare, least_served, relimited, share

HOMES = pd.DataFrame(
    {
        "uid": ["a", "b", "c", "d"],
        "people": [10.0, 20.0, None, 40.0],
        "dwellings": [1.0, 2.0, 3.0, 4.0],
        "buildings": [1.0] * 4,
        "subdistrict": ["s1", "s1", "s2", None],
        "distance_m": [100.0, 500.0, 500.0, None],
        "straight_m": [90.0, 300.0, 400.0, 2000.0],
        "limit_m": [400.0] * 4,
        "covered": [True, False, False, False],
        "straight_covered": [True, True, True, False],
    }
)


def test_shares_leave_out_what_nobody_knows() -> None:
    assert share(HOMES, "people") == {"covered": 10.0, "total": 70.0, "share": pytest.approx(100 / 7)}
    assert share(HOMES.assign(people=float("nan")), "people") == {"covered": None, "total": None, "share": None}
    assert share(HOMES.assign(people=0.0), "people") == {"covered": 0.0, "total": 0.0, "share": None}


def test_another_limit_decides_again_with_itself_included() -> None:
    assert relimited(HOMES, 500.0)["covered"].tolist() == [True, True, True, False]
    assert relimited(HOMES, 499.9)["covered"].tolist() == [True, False, False, False]
    assert relimited(HOMES, None) is HOMES


def test_units_are_listed_the_least_covered_first() -> None:
    rows = by_unit(HOMES, "subdistrict", {"subdistrict": {"s1": "一街"}})
    assert [(row["code"], row["name"], row["buildings"]["share"]) for row in rows] == [
        (None, None, 0.0),
        ("s2", None, 0.0),
        ("s1", "一街", 50.0),
    ]


def test_units_add_up_as_each_of_them_alone() -> None:
    homes = HOMES.assign(community=["c1", "c2", "c2", "c2"], people=[None, 20.0, None, 40.0])
    rows = {row["code"]: row for row in by_unit(homes, "community", {})}
    for code, row in rows.items():
        part = homes.loc[homes["community"] == code]
        assert [row[weight] for weight in ("people", "dwellings")] == [share(part, "people"), share(part, "dwellings")]
    assert rows["c1"]["people"]["total"] is None
    # c2 lies in s1 and s2, so it has no street office of its own.
    assert (rows["c1"]["subdistrict"], rows["c2"]["subdistrict"]) == ("s1", None)


def test_parcels_by_their_land() -> None:
    land = pd.DataFrame(
        {
            "of": ["parcel", "parcel", "land"],
            "area": ["p", "p", "q"],
            "code": ["P", "P", "Q"],
            "name": [None] * 3,
            "subdistrict": ["s1"] * 3,
            "land_m2": [300.0, 100.0, 50.0],
            "covered": [True, False, True],
            "distance_m": [5.0, 900.0, 1.0],
        }
    )
    (row,) = by_parcel(land)
    assert row["land"] == {"covered": 300.0, "total": 400.0, "share": 75.0}
    assert row["distance_m"] == 5.0
    assert by_parcel(None) == []


def test_who_comes_in_and_who_falls_out() -> None:
    later = HOMES.assign(distance_m=[900.0, 350.0, 500.0, None], covered=[False, True, False, False])
    told = compare(HOMES, later)
    assert (told["uids_in"], told["uids_out"]) == (["b"], ["a"])
    assert told["gained"] == {"people": 20.0, "dwellings": 2.0, "buildings": 1.0}
    assert told["lost"] == {"people": 10.0, "dwellings": 1.0, "buildings": 1.0}
    assert told["shorter"]["people"] == 20.0
    assert compare(HOMES, later.iloc[1:])["only_before"] == 1


def test_the_least_served_tenth() -> None:
    told = least_served(HOMES.assign(distance_m=[100.0, 500.0, 700.0, 300.0]))
    assert told is not None
    assert told["people"] == pytest.approx(7)
    assert told["from_m"] == 500.0
    assert least_served(HOMES.assign(people=None)) is None
