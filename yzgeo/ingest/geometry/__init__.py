"""Shapes that come in: repaired with a report, and compared with each other, the district and the ledger."""

from . import relations as relations
from . import repair as repair
