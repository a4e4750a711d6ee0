"""The protocol and the values that cross it."""

from __future__ import annotations

import dataclasses
import inspect

import pytest

from yzgeo.store import base
from yzgeo.store.sqlite import GeoPackageStore


def test_values_that_cross_the_protocol_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        base.Query().limit = 5  # type: ignore[misc]


def test_the_file_store_has_the_protocols_signatures() -> None:
    """`isinstance` only compares names; parameters count too."""
    for name, promised in inspect.getmembers(base.Store, inspect.isfunction):
        if name.startswith("_"):
            continue
        kept = inspect.signature(getattr(GeoPackageStore, name))
        assert kept == inspect.signature(promised), name
