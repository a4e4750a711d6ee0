"""Coverage: who is within reach of what, decided point by point along the streets."""

from .distances import REASONS as REASONS
from .distances import Reason as Reason
from .distances import access_points as access_points
from .distances import nearest as nearest
from .distances import within as within
