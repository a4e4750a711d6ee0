"""Progress: recording it, reading one feature's story, and where the district stands on any day."""

from .changes import changes_between as changes_between
from .curves import curve_of as curve_of
from .figures import period_told as period_told
from .figures import reference_day as reference_day
from .recording import Caller as Caller
from .recording import Draft as Draft
from .recording import Receipt as Receipt
from .recording import may_see_attachment as may_see_attachment
from .recording import may_see_event as may_see_event
from .recording import record_event as record_event
from .standing import By as By
from .standing import progress_on as progress_on
from .standing import stage_counts as stage_counts
from .stories import approvals as approvals
from .stories import describe_receipt as describe_receipt
from .stories import event_receipt as event_receipt
from .stories import feature_events as feature_events
from .stories import feature_stage as feature_stage
from .stories import recent_events as recent_events
from .trust import rebuild as rebuild
from .trust import verify as verify
