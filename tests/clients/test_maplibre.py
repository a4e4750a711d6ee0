"""MapLibre's own rules, for every style that is served."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.conftest import Service

WEB = Path(__file__).parents[2] / "api" / "web"
PACKAGE = WEB / "node_modules" / "@maplibre" / "maplibre-gl-style-spec"
SCRIPT = """
import { readFileSync } from 'node:fs'
const { validateStyleMin } = await import(process.argv[2])
const styles = JSON.parse(readFileSync(process.argv[3], 'utf8'))
const told = {}
for (const [id, style] of Object.entries(styles)) told[id] = validateStyleMin(style).map((error) => error.message)
console.log(JSON.stringify(told))
"""


@pytest.mark.skipif(not PACKAGE.exists() or shutil.which("node") is None, reason="the page's packages are not there")
def test_every_style_is_valid(service_on_file: Service, tmp_path: Path) -> None:
    listed = [style["id"] for style in service_on_file.get("/ogc/styles", signed_in=True).json()["styles"]]
    styles = {style: service_on_file.get(f"/ogc/styles/{style}", signed_in=True).json() for style in listed}
    assert "pipe_segment" in styles
    broken = {"version": 8, "sources": {}, "layers": [{"id": "a", "type": "nothing"}]}
    (tmp_path / "styles.json").write_text(json.dumps({**styles, "broken": broken}), encoding="utf-8")
    (tmp_path / "validate.mjs").write_text(SCRIPT, encoding="utf-8")
    done = subprocess.run(
        ["node", "validate.mjs", (PACKAGE / "dist" / "index.mjs").as_uri(), "styles.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    # Without glyphs MapLibre draws texts with the fonts of the machine; the validator's rule is older than that.
    told = {style: [one for one in errors if "glyphs" not in one] for style, errors in json.loads(done.stdout).items()}
    assert told.pop("broken"), "the validator looks"
    assert {style: errors for style, errors in told.items() if errors} == {}
