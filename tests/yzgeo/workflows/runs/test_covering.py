"""Coverage runs give what is worked out by hand."""

from __future__ import annotations

import math

import pytest

from yzgeo.coverage import load_circles
from yzgeo.errors import InputError, NetworkError, ParameterError
from yzgeo.workflows.runs.covering import limited, parts_of
from yzgeo.workflows.runs.parameters import CoverageQuestion

from .conftest import layers, point, write


def test_distances_reasons_and_shares(desk, ask, metres, uids) -> None:
    run = ask(metres=1500)
    found = metres(run)
    assert found["H1"] == pytest.approx(2000, abs=0.01)
    assert found["H2"] == pytest.approx(1010, abs=0.01)
    assert math.isnan(found["H3"])
    assert math.isnan(found["H4"])
    table = desk.shelf.table(run["id"], "demand").set_index("uid")
    assert table.at[uids["H3"], "reason"] == "other_component"
    assert table.at[uids["H4"], "reason"] == "too_far_from_network"
    assert table.at[uids["H2"], "facility"] == uids["F1"]
    summary = run["summary"]
    assert summary["people"] == {"covered": 20.0, "total": 100.0, "share": 20.0}
    assert summary["dwellings"] == {"covered": 8.0, "total": 40.0, "share": 20.0}
    # H1 is 1000 m from F1 as the crow flies, H2 about 700 m.
    assert summary["straight"]["people"]["covered"] == 30.0
    assert summary["detour_loss"]["people"] == pytest.approx(10.0)
    assert summary["unreachable"] == {
        "points": 2,
        "people": 70.0,
        "reasons": {"other_component": 1, "too_far_from_network": 1},
    }
    assert summary["facilities"] == 1


def test_the_cleared_parcel_is_measured(ask, uids) -> None:
    parcel = ask(metres=2050)["summary"]["by_parcel"]
    assert [one["uid"] for one in parcel] == [uids["C1"]]
    assert parcel[0]["land"]["total"] == pytest.approx(400, rel=1e-3)
    assert parcel[0]["land"]["share"] == 100


def test_planned_facilities_and_roads_count_only_when_asked_for(ask, metres) -> None:
    planned = metres(ask(planned=True))
    assert planned["H1"] == pytest.approx(0, abs=0.01)
    assert planned["H2"] == pytest.approx(10 + 500 + 500, abs=0.01)


def test_members_must_all_cover(desk, bare) -> None:
    schools = layers()["fitness_site"] | {"code": ["K1", "K2"], "kind": ["kindergarten", "elder_care"]}
    schools["stage"] = ["completed", "completed"]
    schools.pop("name")
    write(bare, "public_facility", schools)
    run = desk.ask("coverage", {"circle": "living_5min", "metres": 3000})
    assert run["summary"]["people"]["covered"] == 0  # there is no community service
    table = desk.shelf.table(run["id"], "demand")
    assert table["missing"].str.contains("living_5min_community_service").all()


def test_shelters_have_a_radius_and_places_each(bare, desk, uids) -> None:
    places = {
        "code": ["S1", "S2"],
        "name": ["一号避护场所", "二号避护场所"],
        "service_radius_m": [1500.0, 600.0],
        "area_m2": [30.0, 999.0],  # 1.5 m² a head: 20 places; the second tells its places itself
        "capacity": [None, 5],
        "stage": ["completed", "completed"],
        "geometry": [point(0, 500), point(1000, 500)],
    }
    write(bare, "shelter", places)
    run = desk.ask("coverage", {"circle": "shelter"})
    table = desk.shelf.table(run["id"], "demand").set_index("uid")
    # H1 stands at S1, H2 has 1010 m to either: within the radius of S1 only.
    assert {code: bool(table.at[uids[code], "covered"]) for code in ("H1", "H2", "H3")} == {
        "H1": True,
        "H2": True,
        "H3": False,
    }
    told = run["summary"]["capacity"]
    assert (told["places"], told["people_in_reach"], told["people_placed"]) == (25, 30, 20)
    # 20 places for the 30 people around S1; nobody is around S2.
    assert table.at[uids["H2"], "places_per_head"] == pytest.approx(20 / 30)


def test_no_facility_no_roads_no_houses_are_refused(bare) -> None:
    from yzgeo.workflows.runs import RunDesk

    desk = RunDesk(bare.store, bare.path)
    with pytest.raises(NetworkError, match="no road"):
        desk.ask("coverage", {"circle": "fitness_10min"})
    write(bare, "road", layers()["road"])
    with pytest.raises(InputError, match="nobody can be asked"):
        desk.ask("coverage", {"circle": "fitness_10min"})
    write(bare, "residential_building", layers()["residential_building"])
    with pytest.raises(InputError, match="no facility"):
        desk.ask("coverage", {"circle": "fitness_10min"})


def test_houses_of_another_place_are_refused(bare) -> None:
    from yzgeo.workflows.runs import RunDesk

    content = layers()
    houses = content["residential_building"]
    write(bare, "road", content["road"])
    write(bare, "fitness_site", content["fitness_site"])
    write(bare, "residential_building", {name: values[3:] for name, values in houses.items()})
    with pytest.raises(NetworkError, match="not of one place"):
        RunDesk(bare.store, bare.path).ask("coverage", {"circle": "fitness_10min"})


def test_limits_replace_the_circles_own(catalogue) -> None:
    circles = load_circles(catalogue)
    question = CoverageQuestion(circle="fitness_10min", minutes=12)
    assert limited(circles["fitness_10min"], question).radius_m == pytest.approx(1000)
    slower = CoverageQuestion(circle="living_10min_clinic", speed_kmh=6)
    assert limited(circles["living_10min_clinic"], slower).radius_m == pytest.approx(1000)
    with pytest.raises(ParameterError, match="no speed"):
        limited(circles["park_500m"], question)
    members = parts_of(circles["living_5min"], circles, CoverageQuestion(circle="living_5min", metres=77))
    assert {one.radius_m for one in members} == {77}
    assert len(members) == 3
