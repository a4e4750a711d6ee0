"""Progress: recording it, reading one feature's story, and where the district stands on any day."""

from yzgeo.workflows.registers import reference_day as reference_day

from .changes import changes_between as changes_between
from .curves import curve_of as curve_of
from .figures import period_told as period_told
from .recording import Caller as Caller
from .recording import Draft as Draft
from .recording import Receipt as Receipt
from .recording import caller_may_record as caller_may_record
from .recording import in_words as in_words
from .recording import may_see_attachment as may_see_attachment
from .recording import may_see_conflict as may_see_conflict
from .recording import may_see_event as may_see_event
from .recording import prepared as prepared
from .recording import record_event as record_event
from .recording import refused as refused
from .recording import staged_layer as staged_layer
from .standing import By as By
from .standing import progress_on as progress_on
from .standing import stage_counts as stage_counts
from .stories import approvals as approvals
from .stories import describe_events as describe_events
from .stories import describe_receipt as describe_receipt
from .stories import event_receipt as event_receipt
from .stories import feature_events as feature_events
from .stories import feature_stage as feature_stage
from .stories import recent_events as recent_events
from .stories import stage_label as stage_label
from .trust import rebuild as rebuild
from .trust import verify as verify
