"""Addresses are read, and passwords are never said."""

from __future__ import annotations

import pytest
from psycopg.conninfo import conninfo_to_dict

from yzgeo.errors import InputError
from yzgeo.store.postgis.address import parse


def test_an_address_and_its_schema() -> None:
    found = parse("postgresql://me:secret@db.example:5433/city?schema=yinzhou&sslmode=require")
    known = conninfo_to_dict(found.conninfo)
    assert (known["host"], str(known["port"]), known["dbname"], known["sslmode"]) == (
        "db.example",
        "5433",
        "city",
        "require",
    )
    assert known["options"] == '-csearch_path="yinzhou",public'
    assert found.schema == "yinzhou"
    assert found.shown == "postgresql://db.example:5433/city?schema=yinzhou"
    assert "secret" not in repr(found)
    assert parse("postgres:///city").schema == "yzgeo"


@pytest.mark.parametrize(
    "url",
    [
        "mysql://me:secret@host/db",
        "postgresql://me:secret@host/db?schema=public",
        'postgresql://me:secret@host/db?schema=a"b',
        "postgresql://me:secret@host/db?nonsense=1",
    ],
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(InputError) as refused:
        parse(url)
    assert "secret" not in refused.value.message("zh") + refused.value.message("en")
