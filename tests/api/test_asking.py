"""Query parameters of items, read without a server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
import shapely

from api import asking
from api.settings import Settings
from yzgeo.catalogue import Catalogue
from yzgeo.errors import ParameterError
from yzgeo.filters import And, Compare, Spatial


@dataclass
class Parts:
    """What reading needs of a service: no more than the catalogue and the settings."""

    catalogue: Catalogue
    settings: Settings


@pytest.fixture
def parts(catalogue: Catalogue, tmp_path) -> Parts:
    return Parts(catalogue, Settings(workspace=tmp_path))


def read(parts: Parts, **pairs: str) -> asking.Asked:
    layer = parts.catalogue.layer("shantytown_parcel")
    named = {name.replace("_", "-") if name.endswith(("_crs", "_lang")) else name: text for name, text in pairs.items()}
    fields = ("code", "stage", "area_m2", "subdistrict")
    return asking.read(parts, layer, named, fields=fields, address="http://here/items")  # type: ignore[arg-type]


def test_nothing_asked_is_the_first_page(parts: Parts) -> None:
    asked = read(parts)
    assert (asked.query.limit, asked.query.offset, asked.query.where, asked.query.sort) == (100, 0, None, ())
    assert asked.link(100, 50) == "http://here/items?limit=50&offset=100"


def test_a_limit_is_cut_to_the_servers(parts: Parts) -> None:
    assert read(parts, limit="999999999").query.limit == parts.settings.max_items


def test_a_box_in_degrees_stays_a_box_and_another_becomes_a_condition(parts: Parts) -> None:
    assert read(parts, bbox="123,42,124,43").query.bbox == (123, 42, 124, 43)
    metres = read(parts, bbox="13780000,5200000,13790000,5210000", bbox_crs="EPSG:3857", filter="area_m2 > 5")
    assert metres.query.bbox is None
    assert isinstance(metres.query.where, And)
    first, second = metres.query.where.parts
    assert isinstance(first, Compare)
    assert isinstance(second, Spatial)
    assert shapely.get_num_coordinates(second.shape) > 100


def test_an_order_may_descend(parts: Parts) -> None:
    assert read(parts, sortby="-stage,+code,area_m2").query.sort == (
        ("stage", True),
        ("code", False),
        ("area_m2", False),
    )
    for text in (",".join(["code"] * 9), "--code", "", "code,"):
        with pytest.raises(ParameterError):
            read(parts, sortby=text)


def test_numbers_are_written_as_in_json(parts: Parts) -> None:
    assert read(parts, area_m2="-1.5e3").query.equals == {"area_m2": -1500.0}
    for text in ("1_000", "１", "0x10", "nan", "inf", ""):
        with pytest.raises(ParameterError):
            read(parts, area_m2=text)


def test_days_and_intervals(parts: Parts) -> None:
    assert read(parts, datetime="2024-06-30T10:00:00Z").query.on == date(2024, 6, 30)
    assert read(parts, datetime="../2024-06-30").query.on == date(2024, 6, 30)
    assert read(parts, datetime="2024-06-30/..").query.on is None
    for text in ("", "..", "../..x", "2024-06-30/2024-06-01", "2024-06-30/2024-07-01/2024-08-01"):
        with pytest.raises(ParameterError):
            read(parts, datetime=text)


def test_staff_of_the_field_ask_within_their_streets(parts: Parts) -> None:
    asked = read(parts, subdistrict="211202002", stage="planned")
    assert asking.limited(asked, None) is asked
    assert asking.limited(asked, ("211202001",)).query.equals == {"subdistrict": [], "stage": "planned"}
    assert asking.limited(read(parts), ("211202001",)).query.equals == {"subdistrict": ["211202001"]}
    assert asking.limited(read(parts), ("211202001",)).query.own == ("211202001",), "of earlier days, too"
