"""Editing without HTTP: what is kept, what is emptied, and who comes second."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from shapely.geometry import Point

from tests.stores import Premises
from yzgeo.access import Caller
from yzgeo.catalogue import feature_uid
from yzgeo.errors import ConflictError, FeatureExistsError, FeatureInvalidError, FeatureUnknownError, ForbiddenError
from yzgeo.workflows import editing
from yzgeo.workflows.editing import Draft
from yzgeo.workflows.workspace import Workspace

PLANNER = Caller("planner", "anna")
LAYER = "fitness_site"
FIRST = Draft({"code": "F1", "name": "广场", "kind": "square"}, Point(123.84, 42.29))


@pytest.fixture
def workspace(premises: Premises) -> Iterator[Workspace]:
    with premises.workspace() as opened:
        yield opened


def test_the_uid_follows_from_the_key(workspace: Workspace) -> None:
    layer = workspace.store.catalogue.layer(LAYER)
    made, new = editing.create(workspace.store, layer, PLANNER, FIRST)
    assert (made.uid, new) == (feature_uid(LAYER, "F1"), True)
    with pytest.raises(FeatureExistsError):
        editing.create(workspace.store, layer, PLANNER, FIRST)


def test_an_idempotency_key_makes_one_feature(workspace: Workspace) -> None:
    """Two bodies race with one key: one is made, whoever sent the other is refused; a colleague's key is another."""
    store, layer = workspace.store, workspace.store.catalogue.layer(LAYER)
    other = Draft({"code": "F2", "name": "广场", "kind": "square"}, Point(123.84, 42.29))

    def send(draft: Draft) -> str:
        try:
            return editing.create(store, layer, PLANNER, draft, idempotency_key="once")[0].uid
        except FeatureExistsError as refused:
            return f"not {refused.fields['uid']}"

    with ThreadPoolExecutor(4) as pool:
        ends = sorted(pool.map(send, [FIRST, other] * 3))
    made = ends[0]
    assert ends == [made] * 3 + [f"not {made}"] * 3
    assert made in (feature_uid(LAYER, "F1"), feature_uid(LAYER, "F2"))
    left = other if made == feature_uid(LAYER, "F1") else FIRST
    assert editing.create(store, layer, Caller("planner", "ben"), left, idempotency_key="once")[1]


def test_a_partial_change_keeps_the_rest_and_a_replacement_does_not(workspace: Workspace) -> None:
    store, layer = workspace.store, workspace.store.catalogue.layer(LAYER)
    made, _ = editing.create(store, layer, PLANNER, FIRST)
    silent = Draft({"name": "改名"}, with_geometry=False)
    partly = editing.change(store, layer, PLANNER, made.uid, silent, partial=True)
    assert (partly.properties["name"], partly.properties["kind"]) == ("改名", "square")
    assert partly.geometry == Point(123.84, 42.29)
    whole = editing.change(
        store, layer, PLANNER, made.uid, Draft({"kind": "square"}, Point(123.85, 42.29)), partial=False
    )
    assert (whole.properties["name"], whole.properties["code"]) == (None, "F1")
    assert whole.properties["source"] == made.properties["source"]
    assert whole.geometry == Point(123.85, 42.29)


def test_a_spatial_feature_cannot_lose_its_geometry(workspace: Workspace) -> None:
    store, layer = workspace.store, workspace.store.catalogue.layer(LAYER)
    made, _ = editing.create(store, layer, PLANNER, FIRST)
    with pytest.raises(FeatureInvalidError):
        editing.change(store, layer, PLANNER, made.uid, Draft({"name": "x"}), partial=True)


def test_whoever_comes_second_learns_of_it(workspace: Workspace) -> None:
    store, layer = workspace.store, workspace.store.catalogue.layer(LAYER)
    made, _ = editing.create(store, layer, PLANNER, FIRST)
    silent = Draft({"name": "改名"}, with_geometry=False)
    editing.change(store, layer, PLANNER, made.uid, silent, partial=True, expected=made.revision)
    with pytest.raises(ConflictError):
        editing.change(store, layer, PLANNER, made.uid, silent, partial=True, expected=made.revision)
    with pytest.raises(ConflictError):
        editing.delete(store, layer, PLANNER, made.uid, expected=made.revision)
    editing.delete(store, layer, PLANNER, made.uid)
    with pytest.raises(FeatureUnknownError):
        editing.delete(store, layer, PLANNER, made.uid)
    assert len(store.history(LAYER, made.uid)) == 2


def test_of_all_who_edit_one_revision_exactly_one_is_kept(workspace: Workspace, premises: Premises) -> None:
    """96 conditional edits from 8 threads through two stores of one district."""
    store, layer = workspace.store, workspace.store.catalogue.layer(LAYER)
    made, _ = editing.create(store, layer, PLANNER, FIRST)

    named: set[tuple[object, bool]] = set()

    def attempts(opened: Workspace, number: int) -> list[tuple[int, bool]]:
        outcomes = []
        for turn in range(12):
            seen = opened.store.feature(LAYER, made.uid).revision
            draft = Draft({"name": f"{number}-{turn}"}, with_geometry=False)
            try:
                editing.change(opened.store, layer, PLANNER, made.uid, draft, partial=True, expected=seen)
            except ConflictError as refused:
                named.add((refused.fields["what"], refused.fields["base"] == seen))
                outcomes.append((seen, False))
            else:
                outcomes.append((seen, True))
        return outcomes

    with premises.workspace() as other, ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(attempts, (workspace, other)[number % 2], number) for number in range(8)]
        outcomes = [outcome for each in asked for outcome in each.result()]
    tried = {revision for revision, _ in outcomes}
    assert sorted(revision for revision, won in outcomes if won) == sorted(tried)
    assert len(outcomes) == 96
    assert named == {(made.uid, True)}, "they did meet, and were told of the feature"
    assert len(store.history(LAYER, made.uid)) == len(tried) + 1


def test_a_viewer_may_not(workspace: Workspace) -> None:
    layer = workspace.store.catalogue.layer(LAYER)
    with pytest.raises(ForbiddenError):
        editing.create(workspace.store, layer, Caller("viewer", "vera"), FIRST)
