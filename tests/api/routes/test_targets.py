"""The board of the plan's promises over HTTP."""

from __future__ import annotations

from api import models
from yzgeo import targets


def board(client) -> dict[str, models.TargetState]:
    found = models.TargetBoard.model_validate(client.get("/api/targets").json())
    return {target.id: target for target in found.targets}


def test_every_promise_is_on_the_board(client, catalogue) -> None:
    assert list(board(client)) == [target.id for target in targets.load(catalogue)]


def test_a_promise_is_measured_on_its_layer(client) -> None:
    parcels = board(client)["shantytown_parcels"]
    # Six parcels; the stages cleared, cleared and reused count as done: 3 of the plan's 63.
    assert (parcels.registered, parcels.done) == (6, 3)
    assert parcels.share == 3 / 63
    assert parcels.data_status == {"illustrative": 6}
    assert parcels.illustrative
    assert "63" in parcels.denominator.zh
    assert "第九章" in parcels.source


def test_figures_on_hidden_layers_are_withheld_and_promises_are_not(client, connect) -> None:
    hidden = [target for target in board(connect("planner")).values() if target.layer == "pipe_segment"]
    assert hidden
    seen = board(client)
    for target in hidden:
        public = seen[target.id]
        assert public.withheld
        assert public.figure == target.figure
        assert (public.layer, public.measure, public.registered, public.done) == (None, None, None, None)
        assert public.data_status == {}
        assert not target.withheld


def test_the_board_is_revalidated(client) -> None:
    etag = client.get("/api/targets").headers["etag"].removeprefix("W/")
    assert client.get("/api/targets", headers={"If-None-Match": etag}).status_code == 304
