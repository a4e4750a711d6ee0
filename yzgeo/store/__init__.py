"""Where a district is kept: one protocol, a GeoPackage behind it."""

from . import base as base
