"""Runs: coverage and siting asked of the register, kept with everything that decided them."""

from .answers import Viewer as Viewer
from .answers import briefly as briefly
from .answers import compared as compared
from .answers import demand_geojson as demand_geojson
from .answers import describe as describe
from .answers import facilities_geojson as facilities_geojson
from .answers import reach_geojson as reach_geojson
from .answers import route_geojson as route_geojson
from .desk import RunDesk as RunDesk
from .desk import refusal_of as refusal_of
from .exporting import export_run as export_run
from .exporting import take_network as take_network
from .parameters import Analysis as Analysis
from .processes import PROCESSES as PROCESSES
from .processes import RESULTS as RESULTS
from .processes import Process as Process
from .processes import describe_choices as describe_choices
from .processes import describe_circles as describe_circles
from .processes import describe_inputs as describe_inputs
from .processes import process as process
from .scenarios import Scenario as Scenario
from .scenarios import as_json as as_json
from .sheets import uncovered_workbook as uncovered_workbook
from .shelf import GOING as GOING
from .tiling import run_tile as run_tile
from .tiling import run_tilejson as run_tilejson
