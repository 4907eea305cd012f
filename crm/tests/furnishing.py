"""What one client of the cast has besides calls: one row of each kind."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import User
from crm.models import (
    Call,
    Callback,
    Campaign,
    CampaignAssignment,
    CampaignMember,
    Company,
    Conversion,
    Customer,
    DifferentPeople,
    Erasure,
    FormSubmission,
    ImportJob,
    ImportRow,
    InboundForm,
    Journey,
    JourneyStep,
    JourneyTemplate,
    JourneyTemplateStep,
    Lead,
    LeadMerge,
    LeadScore,
    Market,
    Outcome,
    OutcomeMilestone,
    RedactionReceipt,
    SavedView,
    ScoringModel,
    ScoringRound,
    Service,
    ServiceAgreement,
    Signal,
    Suppression,
)


@dataclass
class Work:
    company: Company
    signal: Signal
    market: Market
    campaign: Campaign
    member: CampaignMember
    callback: Callback
    service: Service
    customer: Customer
    agreement: ServiceAgreement
    template: JourneyTemplate
    journey: Journey
    step: JourneyStep
    suppression: Suppression
    view: SavedView
    job: ImportJob
    form: InboundForm
    submission: FormSubmission
    different: DifferentPeople
    gone: Lead  # merged into the house's lead
    conversion: Conversion  # taken back
    outcome: Outcome
    merge: LeadMerge


def furnish_work(own: dict[str, Any], lead: Lead, call: Call, user: User, now: datetime) -> Work:
    """``own`` is {"agency_id", "client"}, which each of the rows carries."""
    of_lead, name = {**own, "lead": lead}, own["client"].name
    company = Company.unscoped.create(**own, name=f"{name} & Co", domain=f"{own['client'].slug}.test")
    market = Market.unscoped.create(**own, name="North")
    campaign = Campaign.unscoped.create(**own, market=market, name="Recall", status="active")
    CampaignAssignment.unscoped.create(**own, campaign=campaign, user=user)
    member = CampaignMember.unscoped.create(**of_lead, campaign=campaign, added_at=now)
    callback = Callback.unscoped.create(
        **of_lead, call=call, campaign=campaign, assigned_to=user, due_at=now, timezone="America/New_York"
    )
    signal = Signal.unscoped.create(**of_lead, kind="hiring", summary="Hires two people", occurred_at=now)
    service = Service.unscoped.create(**own, name="Implants", base_price=Decimal("1800.00"))
    customer = Customer.unscoped.create(**of_lead, name=lead.display_name, phone_e164=lead.phone_e164)
    template = JourneyTemplate.unscoped.create(**own, name="New patient")
    JourneyTemplateStep.unscoped.create(**own, template=template, position=0, label="Call")
    journey = Journey.unscoped.create(
        **of_lead, call=call, service=service, name=lead.display_name, symptoms=["Missing tooth"],
        status="in_progress", started_on=date(2026, 11, 2),
    )  # fmt: skip
    step = JourneyStep.unscoped.create(**own, journey=journey, position=0, label="Call", due_at=now)
    agreement = ServiceAgreement.unscoped.create(
        **own, customer=customer, journey=journey, service=service, service_name="Implants",
        agreed_price=Decimal("1700.00"), agreed_date=date(2026, 11, 19),
    )  # fmt: skip
    conversion = Conversion.unscoped.create(
        **own, journey=journey, customer=customer, done_at=now, undone_at=now
    )
    outcome = Outcome.unscoped.create(
        **of_lead, customer=customer, kind="revenue", amount=Decimal("1700.00"), occurred_at=now
    )
    _remember(own, of_lead, journey, now)
    view = SavedView.unscoped.create(**own, owner=user, resource="leads", name="New this week", shared=True)
    job = ImportJob.unscoped.create(
        **own, filename="people.csv", status="done", total=1, created=1, mapping=["display_name"],
        shape={"headings": ["Name"], "sample": [["Lee"]]}, finished_at=now,
    )  # fmt: skip
    ImportRow.unscoped.create(**own, job=job, line=2, raw=["Lee"], status="created", lead_id=lead.pk)
    form = InboundForm.unscoped.create(**own, token=f"form-{own['client'].slug}", name="Contact")
    submission = FormSubmission.unscoped.create(
        **of_lead, form=form, payload={"name": "Lee"}, status="processed", due_at=now, received_at=now
    )
    suppression = Suppression.unscoped.create(
        **own, kind="email", value="stop@example.test", value_hash=f"digest of {own['client'].slug}"
    )
    gone, merge = _merged_away(own, lead, now)
    different = DifferentPeople.unscoped.create(**own, people=[lead.pk, gone.pk], said_by=user, said_at=now)
    return Work(
        company, signal, market, campaign, member, callback, service, customer, agreement, template, journey, step,
        suppression, view, job, form, submission, different, gone, conversion, outcome, merge,
    )  # fmt: skip


def _remember(own: dict[str, Any], of_lead: dict[str, Any], journey: Journey, now: datetime) -> None:
    OutcomeMilestone.unscoped.create(**of_lead, stage="replied", reached_at=now)
    ScoringModel.unscoped.create(**own, version=1, weights={})
    ScoringRound.unscoped.create(**own, due_at=now)
    LeadScore.unscoped.create(
        **of_lead, total=40, tier="warm", components=[], weights_version=1, scored_at=now
    )
    RedactionReceipt.unscoped.create(
        **own, kind="agreement", object_id=journey.pk, fields=["service_name"], digest="0" * 64, length=8,
        policy_days=90, redacted_at=now,
    )  # fmt: skip


def _merged_away(own: dict[str, Any], lead: Lead, now: datetime) -> tuple[Lead, LeadMerge]:
    gone = Lead.unscoped.create(
        **own, display_name="Lee Twice", archived_at=now - timedelta(days=1), merged_into=lead, erased_at=now
    )
    merge = LeadMerge.unscoped.create(**own, kept=lead, merged=gone, before={}, moved={}, merged_at=now)
    Erasure.unscoped.create(**own, lead=gone, erased_at=now, report={})
    return gone, merge
