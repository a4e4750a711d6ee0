"""The desk: background work, progress, dismissal, failure, recomputing, other processes."""

from __future__ import annotations

import threading

import pytest

from yzgeo.errors import ForbiddenError, NetworkError, RunUnfinishedError, RunUnknownError
from yzgeo.workflows.runs import RunDesk, refusal_of
from yzgeo.workflows.workspace import Workspace

from .conftest import layers, write

ASKED = {"circle": "fitness_10min"}


@pytest.fixture
def bare(workspace: Workspace) -> Workspace:
    """An open, empty workspace, in one kind of store and then in the other."""
    return workspace


def test_a_run_in_the_background_is_the_run_in_front(desk) -> None:
    run, new = desk.start("coverage", ASKED, actor="planner", role="planner")
    assert new
    done = desk.wait(run["id"], 60)
    assert done["state"] == "done"
    assert done["progress"] == {"done": 100, "total": 100, "step": "完成"}
    assert desk.start("coverage", ASKED, actor="viewer", role="viewer") == (done, False)
    assert desk.ask("coverage", ASKED)["finished_at"] == done["finished_at"]
    assert [one["id"] for one in desk.listed("anonymous")] == [run["id"]]
    assert desk.listed("anonymous", analysis="siting") == []


def test_another_process_sees_and_answers_from_the_same_runs(desk, bare) -> None:
    run = desk.ask("coverage", ASKED)
    other = RunDesk(bare.store, bare.path)
    assert other.get(run["id"], "anonymous") == run
    assert other.start("coverage", ASKED, actor="x", role="viewer") == (run, False)


def test_it_recomputes_to_the_same_digit_after_the_register_moved_on(desk, bare) -> None:
    run = desk.ask("coverage", ASKED)
    write(bare, "fitness_site", layers()["fitness_site"] | {"stage": ["completed", "completed"]})
    told = RunDesk(bare.store, bare.path).recompute(run["id"])
    assert told["same"]
    assert told["largest_difference_m"] == 0
    assert told["inputs_changed"] == []
    # The test can fail: today's answer is another.
    assert desk.ask("coverage", ASKED)["result_sha256"] != run["result_sha256"]


def test_a_run_on_a_scenario_recomputes_after_the_scenario_is_gone(desk, ask, uids) -> None:
    made = desk.scenarios.create("打通", [{"kind": "open_road", "uid": uids["P1"]}], actor="planner")
    run = ask(scenario=made.id)
    desk.scenarios.drop(made.id, actor="planner", role="planner")
    assert desk.recompute(run["id"])["same"]


def test_a_failure_is_kept_with_its_reason_and_tried_again(bare) -> None:
    desk = RunDesk(bare.store, bare.path)
    write(bare, "road", layers()["road"])
    write(bare, "fitness_site", layers()["fitness_site"])
    far = {name: values[3:] for name, values in layers()["residential_building"].items()}
    write(bare, "residential_building", far)
    run, _ = desk.start("coverage", ASKED, actor="planner", role="planner")
    failed = desk.wait(run["id"], 60)
    assert failed["state"] == "failed"
    assert failed["problem"]["code"] == "network_invalid"
    assert isinstance(refusal_of(failed), NetworkError)
    with pytest.raises(RunUnfinishedError):
        desk.finished(run["id"])
    assert desk.start("coverage", ASKED, actor="planner", role="planner")[1]
    desk.close()


def test_a_run_can_be_dismissed_while_it_works(desk, monkeypatch) -> None:
    working, go_on = threading.Event(), threading.Event()
    answer = desk._answer

    def slow(prepared, tell):
        working.set()
        go_on.wait(30)
        return answer(prepared, tell)

    monkeypatch.setattr(desk, "_answer", slow)
    run, _ = desk.start("coverage", ASKED, actor="planner", role="planner")
    assert working.wait(30)
    assert desk.get(run["id"], "viewer")["state"] in {"queued", "running"}
    with pytest.raises(ForbiddenError):
        desk.dismiss(run["id"], actor="viewer", role="viewer")
    threading.Timer(0.2, go_on.set).start()
    assert desk.dismiss(run["id"], actor="planner", role="planner")["state"] == "dismissed"
    assert desk.wait(run["id"], 30)["state"] == "dismissed"
    monkeypatch.undo()
    assert desk.ask("coverage", ASKED)["state"] == "done"


def test_only_those_signed_in_ask(desk) -> None:
    with pytest.raises(ForbiddenError):
        desk.start("coverage", ASKED, actor="", role="anonymous")


def test_a_deleted_run_is_unknown(desk, ask) -> None:
    run = ask()
    desk.dismiss(run["id"], actor="bureau", role="bureau")
    with pytest.raises(RunUnknownError):
        desk.get(run["id"], "admin")
