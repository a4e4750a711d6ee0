"""The OpenAPI document as a committed file, from which the page's types are generated.

``python -m api.openapi`` writes it, ``python -m api.openapi --check`` fails if it is stale.
"""

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


def main(arguments: list[str]) -> int:
    """
    Write the file, or tell whether it is fresh.

    Parameters
    ----------
    arguments
        ``["--check"]`` writes nothing.

    Returns
    -------
    int
        Exit code: 1 if the file is stale.
    """
    fresh = PATH.is_file() and PATH.read_text(encoding="utf-8") == text()
    if "--check" not in arguments:
        PATH.write_text(text(), encoding="utf-8")
    elif not fresh:
        sys.stderr.write(f"stale, run `python -m api.openapi`: {PATH.name}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
