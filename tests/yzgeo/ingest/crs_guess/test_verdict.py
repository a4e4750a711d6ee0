"""The decision by itself, on candidates made by hand."""

from __future__ import annotations

import pytest

from yzgeo.ingest.crs_guess import systems
from yzgeo.ingest.crs_guess.evidence import Evidence
from yzgeo.ingest.crs_guess.verdict import Candidate, Case, decide


def candidate(text, *, fit=1.0, same_as=()):
    system = systems.parse(text)
    return Candidate(system, fit * system.weight, fit, (Evidence("据", "why"),), same_as, (0.0, 0.0, 1.0, 1.0))


def case(declared=None, **options):
    known = {
        "by_format": False,
        "columns": False,
        "stated": frozenset(),
        "misfits": {},
        "accuracy_m": 5.0,
        "has_shift": False,
    }
    return Case(declared=systems.parse(declared) if declared else None, **(known | options))


PLAIN, OLD, GCJ = (candidate(text) for text in ("EPSG:4550", "EPSG:2386", "GCJ-02"))
DEGREES = candidate("EPSG:4490", same_as=("EPSG:4326",))


@pytest.mark.parametrize(
    ("candidates", "facts", "verdict", "chosen"),
    [
        ((), case(), "refuse", None),
        ((PLAIN,), case(), "certain", "EPSG:4550"),
        ((OLD,), case(), "refuse", None),
        ((OLD,), case(has_shift=True), "certain", "EPSG:2386"),
        ((PLAIN, OLD), case(), "ask", None),
        ((PLAIN, OLD), case("EPSG:4550"), "certain", "EPSG:4550"),
        ((PLAIN, OLD), case("EPSG:2386"), "refuse", None),
        ((PLAIN, OLD), case("EPSG:4529"), "ask", None),
        ((PLAIN, OLD), case(stated=frozenset({"cgcs2000"})), "certain", "EPSG:4550"),
        ((PLAIN, OLD), case(stated=frozenset({"cgcs2000", "xian80"})), "ask", None),
        ((PLAIN, OLD), case("EPSG:4550", stated=frozenset({"xian80"})), "ask", None),
        ((PLAIN, OLD), case(misfits={"EPSG:4550": 0.2}), "certain", "EPSG:4550"),
        ((PLAIN, OLD), case(misfits={"EPSG:4550": 60.0}), "ask", None),
        ((PLAIN, OLD), case(misfits={"EPSG:4550": 0.2}, accuracy_m=50.0), "ask", None),
        ((PLAIN, OLD), case("EPSG:4550", misfits={"EPSG:4550": 60.0}), "ask", None),
        ((DEGREES, GCJ), case(misfits={"EPSG:4490": 540.0, "GCJ-02": 0.3}), "certain", "GCJ-02"),
        ((DEGREES, GCJ), case(misfits={"EPSG:4490": 15.0, "GCJ-02": 0.3}), "ask", None),
        ((DEGREES, GCJ), case("EPSG:4490", by_format=True), "ask", None),
        ((DEGREES, GCJ), case("EPSG:4490"), "certain", "EPSG:4490"),
        ((candidate("EPSG:4490", fit=0.9), GCJ), case("EPSG:4490"), "ask", None),
        ((DEGREES, GCJ), case(stated=frozenset({"wgs84"})), "certain", "EPSG:4490"),
    ],
)
def test_decisions(candidates, facts, verdict, chosen):
    found, system, reason = decide(candidates, facts)
    assert (found, system.id if system else None) == (verdict, chosen)
    assert reason.zh
    assert reason.en


def test_data_declared_as_wgs84_are_taken_with_a_warning():
    _, _, reason = decide((candidate("EPSG:4326"), GCJ), case("EPSG:4326"))
    assert "GCJ-02" in reason.zh


def test_a_candidate_can_be_drawn_and_explained():
    answer = DEGREES.as_dict()
    assert answer["id"] == "EPSG:4490"
    assert answer["same_as"] == ["EPSG:4326"]
    assert answer["bounds"] == [0.0, 0.0, 1.0, 1.0]
