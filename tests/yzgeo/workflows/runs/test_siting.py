"""Siting runs choose what a person would, and their proposals go into scenarios."""

from __future__ import annotations

import pytest

from yzgeo.errors import ParameterError, SitingError


def test_the_cleared_parcel_is_chosen_and_the_gain_is_told(desk, ask, uids, metres) -> None:
    run = ask("siting", sites=1, metres=1100)
    found = run["summary"]["siting"]
    assert [site["uid"] for site in found["sites"]] == [uids["C1"]]
    assert found["optimal"]
    assert found["candidates"] == 1
    # F1 covers H2 (20 people); C1 adds H1 (10), 20 m away.
    assert (found["share_before"], found["share_after"]) == (20.0, 30.0)
    assert metres(run)["H1"] == pytest.approx(20, abs=0.02)
    before = desk.shelf.table(run["id"], "before").set_index("uid")
    assert before.at[uids["H1"], "distance_m"] == pytest.approx(2000, abs=0.01)


@pytest.mark.parametrize(
    "more", [{"model": "lscp"}, {"model": "p_median", "sites": 1}, {"budget": 400.0, "cost": "area_m2"}]
)
def test_each_model_answers(ask, uids, more) -> None:
    found = ask("siting", metres=1100, **more)["summary"]["siting"]
    assert [site["uid"] for site in found["sites"]] == [uids["C1"]]


def test_too_small_a_budget_buys_nothing(ask) -> None:
    found = ask("siting", metres=1100, budget=399.0, cost="area_m2")["summary"]["siting"]
    assert found["sites"] == []
    assert found["share_before"] == found["share_after"]


def test_an_accepted_proposal_covers_what_it_promised(desk, ask, uids) -> None:
    run = ask("siting", sites=1, metres=1100)
    scenario = desk.scenarios.create("采纳", [], actor="planner")
    for _ in range(2):  # taking it in twice changes nothing more
        scenario = desk.accept(scenario.id, run["id"], actor="planner", role="planner")
    assert [change.kind for change in scenario.changes] == ["reuse_parcel"]
    covered = ask(metres=1100, scenario=scenario.id)["summary"]["people"]
    assert covered == run["summary"]["people"]
    assert covered["share"] == run["summary"]["siting"]["share_after"]
    with pytest.raises(ParameterError, match="no new site"):
        desk.accept(scenario.id, ask(metres=1100)["id"], actor="planner", role="planner")


def test_what_cannot_be_sited_is_refused(desk, ask) -> None:
    with pytest.raises(SitingError, match="no candidate"):
        ask("siting", sites=1, candidates="parks")
    with pytest.raises(ParameterError, match="candidates"):
        ask("siting", sites=1, candidates="moon")
    with pytest.raises(ParameterError, match="cost"):
        ask("siting", budget=5.0, cost="colour")
    with pytest.raises(ParameterError, match="circle"):
        desk.ask("siting", {"circle": "living_10min", "sites": 1})
    with pytest.raises(ParameterError, match="metres"):
        desk.ask("siting", {"circle": "shelter", "sites": 1})
    with pytest.raises(SitingError, match="reaches"):
        ask("siting", sites=1, metres=1)


def test_kinds_compete_for_the_same_parcel(ask, uids) -> None:
    found = ask("siting", sites=2, metres=1100, also=("living_10min_clinic",))["summary"]["siting"]
    assert [site["uid"] for site in found["sites"]] == [uids["C1"]]
    assert found["sites"][0]["circle"] in {"fitness_10min", "living_10min_clinic"}
