"""A second, tiny district."""

from __future__ import annotations

from pathlib import Path

import pytest

from yzgeo.catalogue import Catalogue, load


@pytest.fixture(scope="session")
def tiny_catalogue() -> Catalogue:
    """A made-up district with one layer."""
    return load(Path(__file__).parent / "tiny_district")
