"""Coverage: who is within reach of what, decided point by point along the streets."""

from .assessment import assess as assess
from .assessment import compare as compare
from .assessment import least_served as least_served
from .assessment import measure as measure
from .assessment import shares as shares
from .assessment import uncovered as uncovered
from .catchment import Allocation as Allocation
from .catchment import Catchment as Catchment
from .catchment import allocate as allocate
from .catchment import capacities as capacities
from .catchment import reachable as reachable
from .catchment import two_step as two_step
from .circles import Circle as Circle
from .circles import circle as circle
from .circles import facilities_of as facilities_of
from .circles import load_circles as load_circles
from .distances import REASONS as REASONS
from .distances import Reason as Reason
from .distances import access_points as access_points
from .distances import nearest as nearest
from .distances import within as within
from .reach import display_polygon as display_polygon
from .reach import reached_edges as reached_edges
from .sources import Sources as Sources
from .sources import load_sources as load_sources
