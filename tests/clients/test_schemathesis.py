"""Schemathesis: what the description promises holds for every address and method, whatever is asked of it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
from shapely.geometry import Point, box

from tests.api.servers import Server
from tests.clients.conftest import Service
from tests.stores import Premises, Shelf
from yzgeo.catalogue import Catalogue
from yzgeo.store.base import Account, Provenance
from yzgeo.workflows import grants
from yzgeo.workflows.accounts import By

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
MORE = os.environ.get("SCHEMATHESIS_EXAMPLES")
"""Many more questions than the gate has time for: ``make fuzz``."""


def run(description: str, token: str, words: Sequence[str], folder: Path, *, most: int, known: dict[str, str]) -> None:
    """Ask everything, and say what was not as described."""
    asked = ["--checks", CHECKS, "--max-examples", MORE or str(most), "--mode", "all", "--continue-on-failure"]
    asked += ["--phases", "examples,coverage,fuzzing" if MORE else "examples,fuzzing"]
    asked += ["--suppress-health-check", "all", "--request-timeout", "60", "--no-color"]
    asked += [] if MORE else ["--seed", "6"]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", description),
            *(*asked, *words, "--header", f"Authorization: Bearer {token}"),
        ],
        cwd=folder,
        env={
            **os.environ,
            "SCHEMATHESIS_HOOKS": "hooks",
            "PYTHONPATH": str(Path(__file__).parent),
            "KNOWN": json.dumps(known),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=None if MORE else 280,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    # A token may neither make tokens nor touch accounts; everything else is reached.
    shut = re.search(r"Authentication failed: (\d+) operation", done.stdout)
    assert shut is None or int(shut[1]) < 8, done.stdout[-6000:]


def test_every_answer_is_as_described(service_on_file: Service, tmp_path: Path) -> None:
    """The description in OpenAPI 3.0 is made from the one in 3.1, so one run looks at both."""
    known = {"layer_id": "shantytown_parcel", "uid": str(service_on_file.parcels.index[0])}
    run(f"{service_on_file.url}/api", service_on_file.token, ["--include-method", "GET"], tmp_path, most=2, known=known)


def test_every_change_is_answered_as_described(empty_shelf: Shelf, catalogue: Catalogue, tmp_path: Path) -> None:
    """By an administrator, in a district that is thrown away; signing out would end it too soon.

    On PostGIS, which takes fewer texts and numbers than the file: what it refuses must be refused before.
    """
    premises = Premises(tmp_path / "workspace", empty_shelf.fresh(), catalogue)
    with premises.workspace() as opened:
        store, shared = opened.store, {"source": ["t"], "data_status": ["official"]}
        put = gpd.GeoDataFrame(
            {"code": ["F1"], "name": ["a"], **shared}, index=["f"], geometry=[Point(123.85, 42.29)], crs="EPSG:4490"
        )
        store.write("fitness_site", put=put, provenance=Provenance("t", "t"))
        put = gpd.GeoDataFrame(
            {"code": ["P1"], "stage": ["planned"], **shared},
            index=["f"],
            geometry=[box(123.85, 42.29, 123.86, 42.3)],
            crs="EPSG:4490",
        )
        store.write("shantytown_parcel", put=put, provenance=Provenance("t", "t"))
        admin = Account("fuzz", "admin", (), "")
        store.put_account(admin)
        token = grants.make_token(store, admin, label="fuzz", days=1, by=By("test")).token
    server = Server(premises.environment)
    server.start()
    try:
        words = [f"--include-method={method}" for method in ("POST", "PUT", "PATCH", "DELETE")]
        words.append("--exclude-path=/api/auth/logout")
        known = {"layer_id": "fitness_site", "uid": "f", "process_id": "coverage", "name": "fuzz"}
        run(f"{server.url}/openapi.json", token, words, tmp_path, most=2, known=known)
    finally:
        server.kill()
