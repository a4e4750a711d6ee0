"""yzgeo keeps the urban renewal of a district on one map."""

from importlib import import_module
from types import ModuleType

__version__ = "0.1.0"


def __getattr__(name: str) -> ModuleType:
    """Load a part when it is first named: the process that reads a foreign file starts in half the time without."""
    if name in {"catalogue", "crs", "errors"}:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
