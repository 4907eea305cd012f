from crm.models.activity import Activity, Note
from crm.models.calls import Call, CallClassification, CallTag, ClassificationPolicy
from crm.models.campaigns import Callback, Campaign, CampaignAssignment, CampaignMember, Market
from crm.models.channels import Channel
from crm.models.companies import Company, Signal
from crm.models.ctm import CTMAccount, CTMSyncRun
from crm.models.customers import Customer, Outcome, OutcomeMilestone, Service, ServiceAgreement
from crm.models.forms import FormSubmission, InboundForm
from crm.models.ghl import GHLAccount, GHLSyncRun
from crm.models.imports import ImportJob, ImportRow
from crm.models.journeys import (
    Conversion,
    Journey,
    JourneyStep,
    JourneyTemplate,
    JourneyTemplateStep,
    RedactionReceipt,
)
from crm.models.leads import Lead, LeadTag, PipelineStage, Tag
from crm.models.merging import DifferentPeople, Erasure, LeadMerge
from crm.models.saved_views import SavedView
from crm.models.scoring import LeadScore, ScoreDue, ScoringModel, ScoringRound
from crm.models.suppression import DigestKey, Suppression

__all__ = [
    "Activity",
    "CTMAccount",
    "CTMSyncRun",
    "Call",
    "CallClassification",
    "CallTag",
    "Callback",
    "Campaign",
    "CampaignAssignment",
    "CampaignMember",
    "Channel",
    "ClassificationPolicy",
    "Company",
    "Conversion",
    "Customer",
    "DifferentPeople",
    "DigestKey",
    "Erasure",
    "FormSubmission",
    "GHLAccount",
    "GHLSyncRun",
    "ImportJob",
    "ImportRow",
    "InboundForm",
    "Journey",
    "JourneyStep",
    "JourneyTemplate",
    "JourneyTemplateStep",
    "Lead",
    "LeadMerge",
    "LeadScore",
    "LeadTag",
    "Market",
    "Note",
    "Outcome",
    "OutcomeMilestone",
    "PipelineStage",
    "RedactionReceipt",
    "SavedView",
    "ScoreDue",
    "ScoringModel",
    "ScoringRound",
    "Service",
    "ServiceAgreement",
    "Signal",
    "Suppression",
    "Tag",
]
