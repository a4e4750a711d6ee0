"""Work out in which coordinate system numbers are, with evidence, or say that nobody can know."""

from . import datum as datum
from . import evidence as evidence
from . import ranking as ranking
from . import systems as systems
from . import verdict as verdict
