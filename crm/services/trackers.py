"""The providers of calls that we know, each under the word by which its calls are marked."""

from crm.services.ctm_sync import CTM
from crm.services.ghl_sync import GHL
from crm.services.walks import Tracker

TRACKERS: dict[str, Tracker] = {tracker.source.value: tracker for tracker in (CTM, GHL)}
