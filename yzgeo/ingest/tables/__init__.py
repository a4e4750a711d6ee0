"""Ledgers in spreadsheets: find the table among titles, units, subtotals and signatures."""

from . import layout as layout
from . import sheets as sheets
from . import subparcels as subparcels
