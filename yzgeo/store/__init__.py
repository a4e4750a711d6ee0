"""Where a district is kept: one protocol, a GeoPackage behind it."""

from . import base as base
from . import guard as guard
from . import opening as opening
from . import sqlite as sqlite
from .opening import create_store as create_store
from .opening import open_store as open_store
