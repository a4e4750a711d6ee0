"""The only place that joins storage, files, analyses and reports."""

from . import accounts as accounts
from . import exports as exports
from . import imports as imports
from . import overview as overview
from . import tiles as tiles
from . import workspace as workspace
