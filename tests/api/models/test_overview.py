"""The overview that the page starts from, as the service gives it."""

from __future__ import annotations

from api import models


def test_the_whole_overview_fits_and_labels_speak_both_languages(client) -> None:
    seen = models.Overview.model_validate(client.get("/-/layers").json())
    assert [layer.id for layer in seen.layers if not (layer.title.zh and layer.title.en)] == []
    assert seen.illustrative
    parcels = next(layer for layer in seen.layers if layer.id == "shantytown_parcel")
    assert parcels.count == 6
    assert parcels.data_status == {"illustrative": 6}


def test_the_board_fits(client) -> None:
    board = models.TargetBoard.model_validate(client.get("/api/targets").json())
    assert len({target.id for target in board.targets}) == len(board.targets) > 0
