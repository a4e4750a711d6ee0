"""The ledger of progress: events that only ever accumulate, and the state that follows from them.

The state of a feature is a pure function of the *set* of its events: `fold` orders them by the moment they speak of,
so the order in which phones reached the office does not matter. What cannot be applied is kept as a named conflict;
nothing is dropped. Events form one chain per district: each holds the hash of the one before.
"""

from .bulk import Openings as Openings
from .bulk import Told as Told
from .bulk import chained as chained
from .bulk import openings_for as openings_for
from .door import CLOCK_TOLERANCE as CLOCK_TOLERANCE
from .door import check as check
from .events import GENESIS as GENESIS
from .events import IMPORTED as IMPORTED
from .events import MARKS as MARKS
from .events import PAYLOAD_VERSION as PAYLOAD_VERSION
from .events import TOLD as TOLD
from .events import ZONE as ZONE
from .events import Event as Event
from .events import Kind as Kind
from .events import Place as Place
from .events import day_of as day_of
from .events import digest as digest
from .events import first_break as first_break
from .events import people_of as people_of
from .events import says_the_same as says_the_same
from .events import sealed as sealed
from .folding import Conflict as Conflict
from .folding import Interval as Interval
from .folding import State as State
from .folding import fold as fold
from .folding import follow as follow
from .folding import hidden as hidden
from .folding import intervals as intervals
from .opening import opening_for as opening_for
from .opening import withdrawal_for as withdrawal_for
from .story import Story as Story
