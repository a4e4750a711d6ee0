"""What may be asked, and what is refused in two languages."""

from __future__ import annotations

import pytest

from yzgeo.errors import ParameterError
from yzgeo.workflows.runs.parameters import CoverageQuestion, SitingQuestion, parse


def test_what_is_not_given_is_not_asked() -> None:
    asked = parse(CoverageQuestion, {"circle": "a_circle", "minutes": None, "at": "2024-06-30"})
    assert asked.minutes is None
    assert asked.at is not None
    assert asked.at.isoformat() == "2024-06-30"


@pytest.mark.parametrize(
    ("kind", "given", "named"),
    [
        (CoverageQuestion, {}, "circle"),
        (CoverageQuestion, {"circle": "x", "minutes": 0}, "minutes"),
        (CoverageQuestion, {"circle": "x", "minutes": float("nan")}, "minutes"),
        (CoverageQuestion, {"circle": "x", "speed_kmh": float("inf")}, "speed_kmh"),
        (CoverageQuestion, {"circle": "x", "metres": 60_000}, "metres"),
        (CoverageQuestion, {"circle": "x", "sites": 3}, "sites"),
        (CoverageQuestion, {"circle": "x", "network": "../secret"}, "network"),
        (CoverageQuestion, {"circle": "x", "network": ".hidden"}, "network"),
        (SitingQuestion, {"circle": "x"}, "parameters"),
        (SitingQuestion, {"circle": "x", "model": "p_median"}, "parameters"),
        (SitingQuestion, {"circle": "x", "model": "lscp", "also": ("y",)}, "parameters"),
        (SitingQuestion, {"circle": "x", "sites": 0}, "sites"),
        (SitingQuestion, {"circle": "x", "sites": 1, "candidates": "layer:../x"}, "candidates"),
        (SitingQuestion, {"circle": "x", "sites": 1, "time_limit_s": 1e6}, "time_limit_s"),
    ],
)
def test_absurd_parameters_are_refused_by_name(kind, given, named) -> None:
    with pytest.raises(ParameterError) as caught:
        parse(kind, given)
    assert caught.value.fields["name"] == named
    assert any("\u4e00" <= character <= "\u9fff" for character in caught.value.message("zh"))
