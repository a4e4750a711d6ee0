"""Archives and files by what they are, not by what they are called, opened without doing harm."""

from . import kinds as kinds
from . import zips as zips
