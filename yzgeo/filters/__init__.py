"""Conditions on the features of a layer, read from CQL2 and checked against the catalogue.

`parse` gives an `Expression` that can only speak of what the asker may see. Each store compiles it to bound parameters;
`matching` answers it on columns in memory, for states that no table holds.
"""

from .expressions import (
    GEOMETRY,
    TURNED,
    UID,
    And,
    Column,
    Compare,
    Expression,
    In,
    IsNull,
    Like,
    Literal,
    Not,
    Or,
    Relation,
    Spatial,
    columns_of,
    relates_of,
)
from .matching import matching
from .parsing import Language, parse

__all__ = [
    "GEOMETRY",
    "TURNED",
    "UID",
    "And",
    "Column",
    "Compare",
    "Expression",
    "In",
    "IsNull",
    "Language",
    "Like",
    "Literal",
    "Not",
    "Or",
    "Relation",
    "Spatial",
    "columns_of",
    "matching",
    "parse",
    "relates_of",
]
