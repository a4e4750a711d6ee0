"""What a cell says: numbers with units, dates, angles and words in the ways Chinese offices write them."""

from . import angles as angles
from . import dates as dates
from . import numbers as numbers
from . import words as words
