"""The command line ``yzgeo``."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from typing import NoReturn

from yzgeo.ingest import ahead


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """
    Run the command line and end the process.

    Parameters
    ----------
    arguments
        Words after the program's name; those of the process if not given.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    # Loading the program takes a second, and so does the process that reads the file: they do it side by side.
    with ahead.started() if "import" in words else nullcontext():
        from .application import run  # noqa: PLC0415

        code = run(words)
    gc.freeze()  # all of it goes with the process: looking through a big import for cycles takes half a second
    sys.exit(code)
