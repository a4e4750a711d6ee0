"""Taking files in: judge every row, compare with the register, write all of it or nothing, and take it back.

`storing.import_file` does it in one go for the command line and Python; `desk` does it in steps for the page.
"""

from .judging import district_outline as district_outline
from .reports import ImportReport as ImportReport
from .reports import Mode as Mode
from .reports import batch_as_dict as batch_as_dict
from .reports import refusal as refusal
from .reports import undone_as_dict as undone_as_dict
from .storing import import_file as import_file
