"""What leaves the house: files for other programs, and a map in one file.

`webmap` is imported where it is used: folium takes most of a second, which every start would pay.
"""

from . import formats as formats
from . import tables as tables
