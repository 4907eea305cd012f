"""The demo's pipelines, journeys and customers. Everybody here is invented."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.models import Client, ClientProfile, User
from crm.due_dates import due_after
from crm.models import (
    Customer,
    Journey,
    JourneyStep,
    JourneyTemplate,
    JourneyTemplateStep,
    Lead,
    Outcome,
    PipelineStage,
    Service,
    ServiceAgreement,
)
from lib.ranks import spread

CHANCES = {"New": 10, "Contacted": 25, "Quoted": 60}
RESTS = {"New": 5, "Contacted": 10, "Quoted": 14}
# name, the last digits of a number of films and books, stage, value, days in it
PEOPLE = (
    ("Marisol Vega", "0131", "New", 2400, 1),
    ("Dennis Okafor", "0132", "New", 8500, 9),
    ("Amara Osei", "0133", "New", None, 2),
    ("Grace Abernathy", "0134", "Contacted", 4800, 3),
    ("Tomás Rivera", "0135", "Contacted", 350, 16),
    ("Bao Nguyen", "0136", "Quoted", 6200, 4),
    ("Keiko Tanabe", "0137", "Quoted", 5400, 20),
    ("Sheila Montrose", "0138", "Won", 3950, 6),
    ("Pete Larsson", "0139", "Lost", 1200, 8),
)
SERVICES = {
    Client.Industry.MEDICAL: (("Implants", 1800), ("Aligners", 4200), ("Check-up and cleaning", 140)),
    Client.Industry.HOME_SERVICE: (("Water heater", 2400), ("Drain cleaning", 280), ("Yearly service", 190)),
}
OTHERS = (("First consultation", 250), ("Yearly plan", 1900))
STEPS = (
    ("Call and ask how they are", "voice", 0),
    ("Send what we talked about", "email", 1),
    ("Ask for a decision", "voice", 3),
)


@transaction.atomic
def furnish_work(client: Client, owner: User, now: datetime) -> bool:
    """Give ``client`` people at work, once; False when it has some already."""
    if Service.unscoped.filter(client=client).exists():
        return False
    own: dict[str, Any] = {"agency_id": client.agency_id, "client": client}
    ClientProfile.unscoped.filter(client=client).update(monthly_revenue_goal=Decimal(20_000))
    stages = {stage.name: stage for stage in PipelineStage.unscoped.filter(client=client)}
    for name, stage in stages.items():
        stage.chance, stage.rests_after_days = CHANCES.get(name), RESTS.get(name)
        stage.save()
    services = [
        Service.unscoped.create(**own, name=name, base_price=Decimal(price))
        for name, price in SERVICES.get(Client.Industry(client.industry), OTHERS)
    ]
    leads = _people(own, stages, owner, now)
    template = _template(client)
    today = now.astimezone(ZoneInfo(client.timezone)).date()
    for lead in (leads["Grace Abernathy"], leads["Bao Nguyen"]):
        journey = Journey.unscoped.create(
            **own, lead=lead, name=lead.display_name, phone=lead.phone, service=services[0], template=template,
            status="in_progress", started_on=today - timedelta(days=9), owner=owner,
        )  # fmt: skip
        for place, (label, channel, weeks) in enumerate(STEPS):
            JourneyStep.unscoped.create(
                **own, journey=journey, position=place, label=label, channel=channel, offset_weeks=weeks,
                due_at=due_after(journey.started_on, weeks, client.timezone), completed_at=now if place == 0 else None,
            )  # fmt: skip
    _customer(own, leads["Sheila Montrose"], services[0], now)
    return True


def _people(
    own: dict[str, Any], stages: dict[str, PipelineStage], owner: User, now: datetime
) -> dict[str, Lead]:
    places = spread(len(PEOPLE))
    made = {}
    for place, (name, last, stage, value, days) in zip(places, PEOPLE, strict=True):
        if stage in stages:
            first, _, family = name.partition(" ")
            made[name] = Lead.unscoped.create(
                **own, display_name=name, first_name=first, last_name=family, phone=f"+1617555{last}",
                phone_e164=f"+1617555{last}", source=Lead.Source.MANUAL, stage=stages[stage], board_rank=place,
                stage_entered_at=now - timedelta(days=days), owner=owner if days % 2 else None,
                value=None if value is None else Decimal(value),
                lost_reason="Chose somebody nearer" if stage == "Lost" else "",
                last_call_at=now - timedelta(days=days),
            )  # fmt: skip
    return made


def _template(client: Client) -> JourneyTemplate:
    """Of the agency, for all its clients."""
    template, made = JourneyTemplate.unscoped.get_or_create(
        agency_id=client.agency_id, client=None, name="Friendly follow-up", archived_at=None,
        defaults={"description": "For people who asked for a price and want to think about it."},
    )  # fmt: skip
    if made:
        for place, (label, channel, weeks) in enumerate(STEPS):
            JourneyTemplateStep.unscoped.create(
                agency_id=client.agency_id, client=None, template=template, position=place, label=label,
                channel=channel, offset_weeks=weeks,
            )  # fmt: skip
    return template


def _customer(own: dict[str, Any], lead: Lead, service: Service, now: datetime) -> None:
    customer = Customer.unscoped.create(
        **own,
        lead=lead,
        name=lead.display_name,
        phone=lead.phone,
        phone_e164=lead.phone_e164,
        source=lead.source,
    )
    agreement = ServiceAgreement.unscoped.create(
        **own, customer=customer, service=service, service_name=service.name, agreed_price=Decimal(3950),
        agreed_date=(now - timedelta(days=6)).date(),
    )  # fmt: skip
    Outcome.unscoped.create(
        **own, lead=lead, customer=customer, agreement=agreement, kind="deal", amount=Decimal(3950),
        occurred_at=now - timedelta(days=6), source="agreement",
    )  # fmt: skip
