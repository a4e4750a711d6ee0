"""An empty district on the server of this run."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.yzgeo.store.conftest import Clock
from yzgeo.catalogue import Catalogue
from yzgeo.store.postgis.store import PostGISStore


@pytest.fixture
def url(postgis_server: str) -> str:
    return f"{postgis_server}?schema=t{uuid4().hex}"


@pytest.fixture
def server(url: str, tiny: Catalogue, clock: Clock) -> Iterator[PostGISStore]:
    made = PostGISStore.create(url, tiny, clock=clock)
    yield made
    made.close()
