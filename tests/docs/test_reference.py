"""Generated pages are fresh, and the words we agreed on are explained."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from yzgeo import errors
from yzgeo.catalogue import load
from yzgeo.targets import load as load_targets

ROOT = Path(__file__).parents[2]
WORDS = (
    "target", "layer", "parcel", "compound", "building", "subdistrict", "community", "stage", "event", "ledger",
    "circle", "demand", "run", "batch", "revision", "receipt", "waiver",
)  # fmt: skip


def test_generated_pages_are_fresh() -> None:
    # a process of its own: tests define refusals of their own, which are no part of the reference
    run = subprocess.run(
        [sys.executable, str(ROOT / "docs/generate.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_a_stale_page_is_named(tmp_path: Path) -> None:
    """The check runs on a copy with one changed page."""
    for name in ("layers", "docs"):
        (tmp_path / name).mkdir()
    script = (ROOT / "docs/generate.py").read_text(encoding="utf-8")
    (tmp_path / "docs/generate.py").write_text(script, encoding="utf-8")
    for path in (ROOT / "layers").rglob("*"):
        target = tmp_path / path.relative_to(ROOT)
        if path.is_dir():
            target.mkdir(exist_ok=True)
        else:
            target.write_bytes(path.read_bytes())
    command = [sys.executable, str(tmp_path / "docs/generate.py")]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    assert subprocess.run([*command, "--check"], capture_output=True, check=False).returncode == 0
    page = tmp_path / "docs/reference/targets.md"
    page.write_text(page.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    check = subprocess.run([*command, "--check"], capture_output=True, text=True, check=False)
    assert check.returncode == 1
    assert "docs/reference/targets.md" in check.stdout
    assert "docs/reference/layers.md" not in check.stdout


def test_the_committed_schema_refuses_unknown_keys() -> None:
    schema = json.loads((ROOT / "layers/schema.json").read_text(encoding="utf-8"))
    assert schema["additionalProperties"] is False
    assert all(
        part.get("additionalProperties") is False for part in schema["$defs"].values() if part["type"] == "object"
    )


def test_every_layer_target_and_refusal_is_in_the_reference() -> None:
    catalogue = load()
    pages = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "docs/reference").glob("*.md")}
    assert all(f"`{name}`" in pages["layers"] for name in catalogue.layers)
    assert all(f"`{target.id}`" in pages["targets"] for target in load_targets(catalogue))
    own = [found for found in vars(errors).values() if isinstance(found, type) and issubclass(found, errors.YzgeoError)]
    assert all(f"`{found.code}`" in pages["errors"] for found in own)


@pytest.mark.parametrize("word", WORDS)
def test_the_glossary_explains(word: str) -> None:
    text = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| {word} \| [^|]*[\u4e00-\u9fff]", text, re.MULTILINE)


def test_glossary_words_stand_once() -> None:
    text = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    words = re.findall(r"^\| ([^|]+) \|", text, re.MULTILINE)
    assert len(words) == len(set(words))


def test_every_promise_of_the_ogc_api_names_a_test_that_is_there() -> None:
    """A name may be cut short by an ellipsis at either end."""
    text = (ROOT / "docs/ogc.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| promise")]
    assert len(rows) > 15
    for row in rows:
        named = re.findall(r"`((?:\w+/)+(?:\w+\.py)?)(?:: ([\w…]+))?`", row.split(" | ")[1])
        assert named, row
        for path, name in named:
            place = ROOT / "tests" / path
            assert place.exists(), path
            assert not name or name.strip("…") in place.read_text(encoding="utf-8"), name
