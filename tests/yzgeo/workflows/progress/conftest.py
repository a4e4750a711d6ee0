"""A small district with work to record, and the illustrative one to read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import geopandas as gpd
import pytest
from shapely.geometry import box

from tests.stores import Premises
from yzgeo.access import Role
from yzgeo.catalogue import Catalogue, feature_uid
from yzgeo.ledger import ZONE, Place
from yzgeo.store.base import Attachment, Provenance, Store
from yzgeo.workflows import progress
from yzgeo.workflows.workspace import prepare_frame

LAYER = "shantytown_parcel"
PHOTO = "a" * 64
DAY = datetime(2023, 1, 1, 12, 0, tzinfo=ZONE)
FIRST, SECOND = feature_uid(LAYER, "A1"), feature_uid(LAYER, "A2")


@dataclass(frozen=True)
class Person:
    """Who asks."""

    role: Role
    name: str
    subdistricts: tuple[str, ...] = ()


WANG = Person("field", "wang", ("211202001",))
CHEN = Person("planner", "chen")
LI = Person("bureau", "li")
NOBODY = Person("anonymous", "")


def draft(
    number: int, kind: Any = "transition", *, uid: str = FIRST, days: float = 0, **payload: Any
) -> progress.Draft:
    """Something to record on a parcel."""
    return progress.Draft(str(UUID(int=number)), LAYER, uid, kind, DAY + timedelta(days=days), payload)


@pytest.fixture
def store(premises: Premises, catalogue: Catalogue) -> Iterator[Store]:
    """Two parcels of 10,000 m2 with 20 households, in two street offices; the second is due at the end of 2023."""
    made = premises.store()
    frame = gpd.GeoDataFrame(
        {
            "code": ["A1", "A2"],
            "name": ["甲地块", "乙地块"],
            "subdistrict": ["211202001", "211202002"],
            "area_m2": [10_000.0, 10_000.0],
            "households": [20, 20],
            "stage": ["planned", "planned"],
            "planned_finish": [None, "2023-12-31"],
            "data_status": ["official", "official"],
            "source": ["test", "test"],
        },
        geometry=[box(123.84, 42.28, 123.841, 42.281), box(123.85, 42.28, 123.851, 42.281)],
        crs="EPSG:4490",
    )
    put = prepare_frame(catalogue.layer(LAYER), frame, "EPSG:4490")
    made.write(LAYER, put=put, provenance=Provenance("test", "test"))
    for name in ("wang", "chen", "li"):
        made.ledger.put_attachment(Attachment(PHOTO, "image/jpeg", 3, name, datetime(2023, 1, 1, tzinfo=UTC)))
    yield made
    made.close()


@pytest.fixture(scope="session")
def demo(demo_premises: Premises) -> Iterator[Store]:
    """The illustrative district; read only."""
    with demo_premises.workspace() as opened:
        yield opened.store


def clear(store: Store, uid: str, *, start: int, days: float = 0) -> None:
    """Take a parcel from planned to cleared, a stage a day."""
    order = ["surveyed", "decided", "signing", "vacated", "demolished", "cleared"]
    for step, stage in enumerate(order):
        number = start + 2 * step
        told = draft(number, uid=uid, days=days + step, to=stage, evidence=[PHOTO])
        progress.record_event(store, told, CHEN)
        if stage in ("demolished", "cleared"):
            word = draft(number + 1, "approval", uid=uid, days=days + step, event=told.id, granted=True)
            progress.record_event(store, word, LI)


def here(draft_: progress.Draft, lon: float, lat: float) -> progress.Draft:
    """The same, told from a place."""
    from dataclasses import replace

    return replace(draft_, place=Place(lon, lat, 6.0, 9999.0))
