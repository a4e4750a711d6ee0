"""Runs on disk: who works on them is told by a lock that dies with its holder."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from yzgeo.errors import RunUnknownError
from yzgeo.workflows.runs.shelf import Shelf, largest_difference, result_hash

RUN = "0123456789abcdef0123"


def test_a_run_whose_program_died_has_failed(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.write({"id": RUN, "state": "running", "problem": None})
    script = (
        "import sys, pathlib, time\n"
        "from yzgeo.workflows.runs.shelf import Shelf\n"
        "with Shelf(pathlib.Path(sys.argv[1])).held(sys.argv[2]) as mine:\n"
        "    print(mine, flush=True)\n"
        "    time.sleep(60)\n"
    )
    other = subprocess.Popen([sys.executable, "-c", script, str(tmp_path), RUN], stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    with other:
        assert other.stdout.readline().strip() == "True"
        assert shelf.read(RUN)["state"] == "running"
        with shelf.held(RUN) as mine:
            assert not mine
        other.kill()
    told = shelf.read(RUN)
    assert told["state"] == "failed"
    assert told["problem"]["code"] == "run_interrupted"


def test_a_run_that_waits_for_another_process_is_not_given_up_at_once(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.write({"id": RUN, "state": "queued", "problem": None})
    assert shelf.read(RUN)["state"] == "queued"
    old = time.time() - 3600
    os.utime(tmp_path / "runs" / RUN / "run.json", (old, old))
    assert shelf.read(RUN)["state"] == "failed"
    assert shelf.read(RUN, mine=True)["state"] == "queued"


@pytest.mark.parametrize("odd", ["../../etc", "x", "", RUN + "0"])
def test_no_id_reaches_another_folder(tmp_path: Path, odd: str) -> None:
    with pytest.raises(RunUnknownError):
        Shelf(tmp_path).read(odd)


def test_the_hash_knows_every_digit() -> None:
    one = pd.DataFrame({"uid": ["a", "b"], "distance_m": [1.0, float("nan")]})
    other = one.assign(distance_m=[1.0 + 2**-52, float("nan")])
    assert result_hash({"demand": one}) == result_hash({"demand": one.copy()})
    assert result_hash({"demand": one}) != result_hash({"demand": other})
    assert largest_difference(one, other) == 2**-52
    assert largest_difference(one, one.assign(distance_m=[1.0, 2.0])) is None
    assert largest_difference(None, one) is None
