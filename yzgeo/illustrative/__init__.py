"""The illustrative district (示意数据): generated to the plan's totals, flagged everywhere, never mistaken for fact."""

from .district import PLAN_FILE as PLAN_FILE
from .district import Illustration as Illustration
from .district import generate as generate
from .ground import Raster as Raster
from .history import History as History
from .history import write_history as write_history
from .plan import IllustrativePlan as IllustrativePlan
from .plan import load_plan as load_plan
