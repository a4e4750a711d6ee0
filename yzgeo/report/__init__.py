"""What leaves the house: files for other programs, and a map in one file."""

from . import formats as formats
from . import tables as tables
from . import webmap as webmap
