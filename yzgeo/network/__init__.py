"""The street network: built once from lines or from an OpenStreetMap file, then searched."""

from .building import build as build
from .cleaning import Cleaned as Cleaned
from .cleaning import clean as clean
from .graph import Graph as Graph
from .graph import components as components
from .osm import read_pbf as read_pbf
from .search import TOLERANCE_M as TOLERANCE_M
from .search import Nearest as Nearest
from .search import Spread as Spread
from .search import Towards as Towards
from .search import arrive as arrive
from .search import pairs as pairs
from .search import route as route
from .search import spread as spread
from .slope import Slope as Slope
from .slope import tobler_kmh as tobler_kmh
from .snapping import SNAP_LIMIT_M as SNAP_LIMIT_M
from .snapping import Snaps as Snaps
from .snapping import snap as snap
