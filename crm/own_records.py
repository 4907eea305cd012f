"""Whose records are whose, for people who may see their own alone.

A lead is somebody's own when they own it, or when it is in a campaign that they are assigned to. Whatever hangs on a
lead goes with it. Every table of the app is named here: with the way to its lead, or with why nobody's limit holds.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import Model, Q, QuerySet

from accounts.tenancy import OWN_RECORDS, Actor
from crm import models

# The way to the lead of a row. What leads to none, such as a call without a number, is nobody's own.
OF_LEADS: dict[type[Model], str] = {
    models.Lead: "pk",
    models.LeadTag: "lead",
    models.Call: "lead",
    models.CallTag: "call__lead",
    models.CallClassification: "call__lead",
    models.Activity: "lead",
    models.Note: "lead",
    models.Signal: "lead",
    models.CampaignMember: "lead",
    models.Callback: "lead",
    models.Customer: "lead",
    models.ServiceAgreement: "customer__lead",
    models.Journey: "lead",
    models.JourneyStep: "journey__lead",
    models.Conversion: "journey__lead",
    models.Outcome: "lead",
    models.OutcomeMilestone: "lead",
    models.LeadScore: "lead",
    models.ScoreDue: "lead_id",
    models.LeadMerge: "kept",
    models.Erasure: "lead",
    models.FormSubmission: "lead",
    models.ImportRow: "lead_id",
}
OF_CAMPAIGNS: dict[type[Model], str] = {models.Campaign: "pk", models.CampaignAssignment: "campaign"}
NOBODYS = {
    models.CTMAccount: "of the client",
    models.CTMSyncRun: "of the client",
    models.GHLAccount: "of the client",
    models.GHLSyncRun: "of the client",
    models.ClassificationPolicy: "of the client",
    models.Company: "a business, not a person; its people are leads",
    models.DifferentPeople: "identifiers alone; whose names are shown, their door decides",
    models.ImportJob: "counts alone; its rows are limited",
    models.InboundForm: "of the client",
    models.JourneyTemplate: "of the client",
    models.JourneyTemplateStep: "of the client",
    models.Market: "of the client",
    models.PipelineStage: "of the client",
    models.RedactionReceipt: "a digest, of nobody",
    models.SavedView: "of its maker",
    models.ScoringModel: "of the client",
    models.ScoringRound: "of the client",
    models.Service: "of the client",
    models.Suppression: "who must not be contacted concerns everybody who contacts",
    models.Tag: "of the client",
}


def own_campaigns(actor: Actor) -> QuerySet[Any]:
    assigned = models.CampaignAssignment.unscoped.filter(agency_id=actor.agency_id, user=actor.user_id)
    return assigned.values("campaign_id")


def own_leads(actor: Actor) -> QuerySet[Any]:
    """Identifiers of leads, for a sub-select."""
    of = models.Lead.unscoped.filter(agency_id=actor.agency_id, owner_id=actor.user_id).values("pk")
    members = models.CampaignMember.unscoped.filter(
        agency_id=actor.agency_id, campaign__in=own_campaigns(actor)
    )
    return of.union(members.values("lead_id"))


# The same for statements written by hand.
OWN_LEADS = """(
  SELECT o.id FROM crm_lead o WHERE o.agency_id = %s AND o.owner_id = %s
  UNION ALL
  SELECT m.lead_id FROM crm_campaignmember m JOIN crm_campaignassignment a
    ON a.agency_id = m.agency_id AND a.client_id = m.client_id AND a.campaign_id = m.campaign_id
  WHERE a.agency_id = %s AND a.user_id = %s)"""


def condition(actor: Actor, column: str) -> tuple[str, list[Any]]:
    """The SQL that holds where ``column`` is a lead of the actor's own, and its values."""
    return f"{column} IN {OWN_LEADS}", [actor.agency_id, actor.user_id] * 2


def _of_leads(way: str) -> Callable[[Actor], Q]:
    return lambda actor: Q(**{f"{way}__in": own_leads(actor)})


def _of_campaigns(way: str) -> Callable[[Actor], Q]:
    return lambda actor: Q(**{f"{way}__in": own_campaigns(actor)})


def register() -> None:
    """Let every door of the app know. Called once, when the apps are ready."""
    OWN_RECORDS.update({model: _of_leads(way) for model, way in OF_LEADS.items()})
    OWN_RECORDS.update({model: _of_campaigns(way) for model, way in OF_CAMPAIGNS.items()})
