from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pytest

from yzgeo.catalogue import Catalogue
from yzgeo.illustrative import IllustrativePlan
from yzgeo.illustrative.stages import StagePlan, draw_stages, standing


@pytest.mark.parametrize("layer_id", ["shantytown_parcel", "pipe_segment", "fitness_site", "base_station_5g"])
def test_begun_work_has_dates_in_order(catalogue: Catalogue, layer_id: str) -> None:
    plan = StagePlan(date(2024, 6, 30), date(2021, 1, 1), date(2025, 12, 31), 0.3, 0.3)
    layer = catalogue.layer(layer_id)
    drawn = draw_stages(layer, 400, plan, np.random.default_rng(1))
    ids = {stage.id for stage in layer.stages}
    for stage, reached, start, finish in zip(*drawn.values(), strict=True):
        assert stage in ids
        assert "2021-01-01" <= start <= finish <= "2025-12-31"
        assert (reached is None) == (stage == layer.stages[0].id)
        if reached is not None:
            assert start <= reached <= "2024-06-30"
    share = np.mean(drawn["stage"] == layer.stages[0].id)
    assert share == pytest.approx(0.3, abs=0.08)


def test_what_stood_before_is_completed_and_undated() -> None:
    columns = standing(2)
    assert columns["stage"].tolist() == ["completed", "completed"]
    assert columns["planned_finish"].tolist() == [None, None]


def test_no_stage_lies_in_the_future(plan: IllustrativePlan, frames: dict[str, gpd.GeoDataFrame]) -> None:
    for layer_id, frame in frames.items():
        if "stage_date" in frame:
            reached = frame["stage_date"].dropna()
            assert (reached <= plan.as_of.isoformat()).all(), layer_id
