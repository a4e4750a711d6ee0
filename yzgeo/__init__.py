"""yzgeo keeps the urban renewal of a district on one map."""

from . import catalogue as catalogue
from . import crs as crs
from . import errors as errors

__version__ = "0.1.0"
