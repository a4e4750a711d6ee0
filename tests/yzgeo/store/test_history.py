"""Every earlier state equals a model kept by hand: a dictionary of dictionaries per revision."""

from __future__ import annotations

from contextlib import closing

import geopandas as gpd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import Point

from tests.yzgeo.store.conftest import BY, Backend
from yzgeo.catalogue import Catalogue
from yzgeo.store.base import Query, Store

UIDS = ["u0", "u1", "u2", "u3", "u4"]
Row = tuple[str | None, int | None, tuple[int, int] | None]
Model = dict[str, Row]

rows = st.tuples(
    st.sampled_from(["甲", "乙", "", None]),
    st.sampled_from([0, 1, -5, None]),
    st.one_of(st.none(), st.tuples(st.integers(0, 3), st.integers(0, 3))),
)
batches = st.lists(
    st.tuples(st.dictionaries(st.sampled_from(UIDS), rows, max_size=5), st.sets(st.sampled_from(UIDS), max_size=3)),
    min_size=1,
    max_size=8,
)


def to_frame(put: Model) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"code": [row[0] for row in put.values()], "floors": [row[1] for row in put.values()]},
        index=list(put),
        geometry=[None if row[2] is None else Point(row[2]) for row in put.values()],
        crs="EPSG:4490",
    )


def read(store: Store, query: Query) -> Model:
    found = store.rows("spot", query)
    assert store.count("spot", query) == len(found.uids)
    state: Model = {}
    for at, uid in enumerate(found.uids):
        feature = store.feature("spot", uid, revision=query.revision)
        point = feature.geometry
        where = None if point is None else (int(point.x), int(point.y))
        state[uid] = (found.columns["code"][at], found.columns["floors"][at], where)
    assert len(state) == len(found.uids)
    return state


def ended(store: Store, *, until: int) -> list[tuple[str, int]]:
    """Read page by page which versions ended: by the revision that ended them and by uid."""
    found: list[tuple[int, str, int]] = []
    after = 0
    while True:
        page = store.superseded("spot", fields=["code"], until=until, after=after, limit=2, own=None)
        found += zip(page.until_revisions, page.rows.uids, page.rows.revisions, strict=True)
        if not page.numbers:
            return [(uid, revision) for _, uid, revision in sorted(found)]
        after = page.numbers[-1]


@given(batches)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_state_at_every_revision_equals_the_model(
    backend: Backend, tiny: Catalogue, writes: list[tuple[Model, set[str]]]
) -> None:
    with closing(backend.sibling().create(tiny)) as store:
        states: list[Model] = [{}]
        kinds: list[dict[str, str]] = [{}]
        for put, wanted in writes:
            before = states[-1]
            delete = sorted(wanted & set(before) - set(put))
            batch = store.write("spot", put=to_frame(put), delete=delete, provenance=BY)
            changed = {uid: row for uid, row in put.items() if before.get(uid) != row}
            assert batch.inserted == len(set(changed) - set(before))
            assert batch.updated == len(set(changed) & set(before))
            assert batch.unchanged == len(put) - len(changed)
            assert batch.deleted == len(delete)
            if changed or delete:
                states.append({uid: row for uid, row in (before | changed).items() if uid not in delete})
                updates = {uid: "update" if uid in before else "insert" for uid in changed}
                kinds.append(updates | dict.fromkeys(delete, "delete"))
            assert store.revision("spot") == len(states) - 1
            assert read(store, Query()) == states[-1]
        for revision, state in enumerate(states):
            assert read(store, Query(revision=revision)) == state
            inside = {uid for uid, row in state.items() if row[2] is not None and max(row[2]) <= 1}
            found = set(store.rows("spot", Query(revision=revision, bbox=(0, 0, 1.5, 1.5))).uids)
            assert found == inside
        logged: list[dict[str, str]] = [{} for _ in states]
        for change in store.changes("spot"):
            logged[change.revision][change.uid] = change.kind
        assert logged == kinds
        for uid in UIDS:
            made = [revision for revision, kind in enumerate(kinds) if kind.get(uid) in {"insert", "update"}]
            assert [version.revision for version in store.history("spot", uid)] == made[::-1]
            made_by = store.moments("spot", made)
            assert [made_by[revision][1] for revision in made] == [BY.actor] * len(made)
        for revision in range(len(states)):
            assert ended(store, until=revision) == [
                (uid, earlier)
                for later in range(1, revision + 1)
                for uid in sorted(kinds[later])
                if uid in states[later - 1]
                for earlier in [max(at for at in range(later) if kinds[at].get(uid) in {"insert", "update"})]
            ]
        store.check()
