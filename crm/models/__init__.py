from crm.models.activity import Activity, Note
from crm.models.calls import Call, CallClassification, CallTag, ClassificationPolicy
from crm.models.ctm import CTMAccount, CTMSyncRun
from crm.models.leads import Lead, LeadTag, PipelineStage, Tag

__all__ = [
    "Activity",
    "CTMAccount",
    "CTMSyncRun",
    "Call",
    "CallClassification",
    "CallTag",
    "ClassificationPolicy",
    "Lead",
    "LeadTag",
    "Note",
    "PipelineStage",
    "Tag",
]
