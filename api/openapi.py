"""The OpenAPI document as a committed file, from which the page's types are generated."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from .main import assemble
from .middleware import Metrics
from .settings import Settings

PATH = Path(__file__).with_name("openapi.json")


def document() -> dict[str, Any]:
    """
    Describe the API.

    Returns
    -------
    dict
        OpenAPI 3.1, the same on every machine.
    """
    return assemble(Settings(), Metrics()).openapi()


def text() -> str:
    """
    Write the document as it is committed.

    Returns
    -------
    str
        Indented JSON with a line break at the end.
    """
    return json.dumps(document(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
    sys.stderr.write(f"{PATH}\n")
