"""Transformations as people give them: words, JSON, tables of control points."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from yzgeo.errors import CrsUnsupportedError, FileMissingError, InputError, ParameterError
from yzgeo.ingest.crs_guess.datum import FourParameters, SevenParameters
from yzgeo.ingest.crs_guess.given import from_plain, from_text

OLD, NEW = "EPSG:2386", "EPSG:4550"
# A plane shift of 100 m east and 50 m south: the residuals of exact points are nothing.
POINTS = [(500_000.0, 4_680_000.0), (510_000.0, 4_680_000.0), (500_000.0, 4_690_000.0), (507_000.0, 4_688_000.0)]
HEAD = "点名,旧东,旧北,新东,新北"


def table(points=POINTS, head=HEAD, *, off=0.0):
    lines = [head]
    for number, (east, north) in enumerate(points):
        lines.append(f"K{number},{east},{north},{east + 100 + (off if number == 0 else 0)},{north - 50}")
    return "\n".join(lines)


def test_seven_parameters_in_words():
    given = from_text("7:1,2,3,0.1,0.2,0.3,4,coordinate_frame", crs_chosen=None, target=NEW)
    assert given.shift == SevenParameters(1.0, 2.0, 3.0, 0.1, 0.2, 0.3, 4.0, "coordinate_frame")
    assert (given.kind, given.residuals_m, given.rms_m) == ("seven", (), None)
    assert from_plain(given.plain, crs_chosen=None, target=NEW).shift == given.shift


def test_four_parameters_take_the_systems_that_are_known():
    given = from_text("4:100,-50,0.5,1", crs_chosen=f"{OLD}+swapped", target=NEW)
    assert given.shift == FourParameters(OLD, NEW, 100.0, -50.0, 0.5, 1.0)
    assert given.plain["source_crs"] == OLD


@pytest.mark.parametrize("codec", ["utf-8-sig", "gbk"])
def test_a_table_of_control_points(tmp_path: Path, codec: str):
    path = tmp_path / "points.csv"
    path.write_bytes(table().encode(codec))
    given = from_text(str(path), crs_chosen=OLD, target=NEW)
    assert given.names == ("K0", "K1", "K2", "K3")
    assert given.rms_m == pytest.approx(0.0, abs=1e-6)
    assert (given.shift.dx_m, given.shift.dy_m) == pytest.approx((100.0, -50.0), abs=1e-3)
    json.dumps(given.plain)
    path.write_bytes(table(off=1.0).encode(codec))
    assert from_text(str(path), crs_chosen=OLD, target=NEW).rms_m > 0.1


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("点名,旧东\nK,1", ParameterError),
        (table(POINTS[:2]), InputError),
        (table().replace("500100.0", "many"), ParameterError),
        (table([(east + 41e6, north) for east, north in POINTS]), ParameterError),
        ("{", ParameterError),
        ('{"kind": "points", "points": [{"source": [1, 2]}]}', ParameterError),
        ('{"kind": "nine"}', ParameterError),
        ("", ParameterError),
    ],
)
def test_what_cannot_be_used_is_refused(tmp_path: Path, content: str, kind: type[Exception]):
    path = tmp_path / "points.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(kind):
        from_text(str(path), crs_chosen=OLD, target=NEW)


@pytest.mark.parametrize(
    ("text", "chosen", "kind"),
    [
        ("7:1,2,3", None, ParameterError),
        ("7:1,2,3,0,0,0,1", None, ParameterError),
        ("7:1,2,x,0,0,0,1,position_vector", None, ParameterError),
        ("4:1,2,3,4", None, ParameterError),
        ("4:1,2,3,4", "EPSG:4610", CrsUnsupportedError),
        ("nowhere.csv", OLD, FileMissingError),
    ],
)
def test_incomplete_words_are_refused(text: str, chosen: str | None, kind: type[Exception]):
    with pytest.raises(kind):
        from_text(text, crs_chosen=chosen, target=NEW)


def test_a_large_file_is_no_table_of_control_points(tmp_path: Path):
    path = tmp_path / "large.csv"
    path.write_bytes(b"x" * (1024**2 + 1))
    with pytest.raises(ParameterError):
        from_text(str(path), crs_chosen=OLD, target=NEW)


def test_what_is_missing_is_asked_in_words_and_not_by_the_name_of_a_field():
    bare = [{"source": [a, b], "target": [a + 41e6 + 100, b - 50]} for a, b in POINTS]
    for crs_chosen, points, words in ((None, bare, "旧坐标系"), (OLD, bare, "新坐标的坐标系")):
        with pytest.raises(ParameterError) as refusal:
            from_plain({"kind": "points", "points": points}, crs_chosen=crs_chosen, target=NEW)
        assert words in refusal.value.message("zh")
        for language in ("zh", "en"):
            assert "EPSG:" in refusal.value.message(language)
            assert "_crs" not in refusal.value.message(language)
