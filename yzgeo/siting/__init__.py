"""Siting: where to build next, by exact location models over distances along the streets."""

from .models import lscp as lscp
from .models import mclp as mclp
from .models import p_median as p_median
from .problem import Problem as Problem
from .problem import from_matrix as from_matrix
from .problem import pose as pose
from .proposal import Proposal as Proposal
