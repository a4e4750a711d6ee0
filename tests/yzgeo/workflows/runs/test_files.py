"""Files appear whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from yzgeo.errors import StorageError
from yzgeo.workflows.runs.files import in_one_step, read_json, write_json, write_table


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_json(tmp_path / "below" / "one.json", {"a": [1, None]})
    assert read_json(tmp_path / "below" / "one.json") == {"a": [1, None]}
    write_table(tmp_path / "t.parquet", pd.DataFrame({"x": [1.5, None]}))
    assert pd.read_parquet(tmp_path / "t.parquet")["x"].isna().tolist() == [False, True]


@pytest.mark.parametrize("content", ["", "{", "[1]"])
def test_a_broken_file_reads_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.json").write_text(content)
    assert read_json(tmp_path / "x.json") is None
    assert read_json(tmp_path / "missing.json") is None


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "x.json"
    write_json(target, {"old": True})

    def half() -> None:
        with in_one_step(target) as unfinished:
            unfinished.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    assert read_json(target) == {"old": True}
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        write_json(tmp_path / "file" / "x.json", {})
