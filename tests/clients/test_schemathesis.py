"""Schemathesis: what the description promises holds for every address that only reads, whatever is asked of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.clients.conftest import Service

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def test_every_answer_is_as_described(service: Service, tmp_path: Path) -> None:
    """The description in OpenAPI 3.0 is made from the one in 3.1, so one run looks at both."""
    asked = ["--include-method", "GET", "--checks", CHECKS, "--max-examples", "2", "--seed", "6", "--mode", "all"]
    asked += ["--phases", "examples,fuzzing", "--continue-on-failure", "--suppress-health-check", "all"]
    asked += ["--header", f"Authorization: Bearer {service.token}", "--request-timeout", "60", "--no-color"]
    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "run", f"{service.url}/api", *asked],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
