"""The demo's campaign: people to call, one who called back, one who said stop. Everybody is invented."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import Client, User
from accounts.principal import load_principal
from accounts.scope import agency_scope
from crm import dispositions as words
from crm.models import Campaign, CampaignAssignment, CampaignMember, Lead, Market
from crm.services.calling import Told, log_call
from crm.services.disposing import Choice

SCRIPT = (
    "Hello, this is {caller} from Brightside Dental. We are calling because your last check-up was some time ago.\n\n"
    "Would a Tuesday or a Thursday suit you better? It takes half an hour, and your insurance covers two a year.\n\n"
    "If they ask about prices: a check-up with cleaning is $120 without insurance."
)
PEOPLE = (
    ("Marisol Vega", "+14105550161", "Baltimore", "Office manager"), ("Tom Bishop", "+14105550162", "Towson", ""),
    ("Priya Raman", "+14105550163", "Baltimore", "Teacher"), ("Walter Huang", "+13035550164", "Denver", ""),
    ("Ines Duarte", "+14105550165", "Columbia", ""), ("Gordon Pell", "+14105550166", "Baltimore", "Retired"),
    ("Amara Osei", "+12135550167", "Los Angeles", "Designer"), ("Lottie Krantz", "+14105550168", "Catonsville", ""),
)  # fmt: skip


@transaction.atomic
def make_campaign(client: Client, caller: User) -> None:
    """Once: a campaign of that name is left as it is."""
    with agency_scope(client.agency_id):
        if Campaign.unscoped.filter(client=client).exists():
            return
        now = timezone.now()
        campaign = Campaign.unscoped.create(
            agency_id=client.agency_id, client=client, market=_markets(client), name="Check-up recall",
            status=Campaign.Status.ACTIVE,
            description="People whose last check-up is more than a year ago.",
            targeting={"text": "Patients of the last three years without an appointment."},
            script=SCRIPT.format(caller=caller.first_name), daily_lead_limit=40,
        )  # fmt: skip
        own = {"agency_id": client.agency_id, "client": client, "campaign": campaign}
        CampaignAssignment.unscoped.create(**own, user=caller)
        leads = [_lead(client, *each) for each in PEOPLE]
        CampaignMember.unscoped.bulk_create(
            CampaignMember(**own, lead=lead, added_at=now - timedelta(minutes=n))
            for n, lead in enumerate(leads)
        )
        _calls(client, caller, campaign, leads)


def _markets(client: Client) -> Market:
    """One for all clients, and the client's own."""
    Market.unscoped.get_or_create(
        agency_id=client.agency_id, client=None, name="People who came once",
        defaults={"description": "They know the house, and have not come back for a year."},
    )  # fmt: skip
    own: Market = Market.unscoped.create(
        agency_id=client.agency_id, client=client, name="Families", region="Baltimore and Towson"
    )
    return own


def _lead(client: Client, name: str, number: str, city: str, title: str) -> Lead:
    first, _, last = name.partition(" ")
    made: Lead = Lead.unscoped.create(
        agency_id=client.agency_id, client=client, display_name=name, first_name=first, last_name=last, phone=number,
        phone_e164=number, city=city, title=title, source=Lead.Source.IMPORT,
    )  # fmt: skip
    return made


def _calls(client: Client, caller: User, campaign: Campaign, leads: list[Lead]) -> None:
    """What came of the first three, yesterday."""
    principal = load_principal(caller.pk)
    actor = principal.actor() if principal else None
    if actor is None:
        return
    now = timezone.now()
    for lead, choice, seconds, note in (
        (
            leads[0],
            Choice(words.CALLBACK_REQUESTED, now + timedelta(hours=20), "Prefers Thursdays"),
            95,
            "At work.",
        ),
        (leads[1], Choice(words.VOICEMAIL), 20, ""),
        (leads[2], Choice(words.DO_NOT_CONTACT), 31, "Asked not to be called again."),
    ):
        at = now - timedelta(days=1)
        told = Told("outbound", lead.phone, at, seconds, caller.pk, note)
        log_call(
            actor=actor,
            client_id=client.pk,
            lead_id=lead.pk,
            campaign_id=campaign.pk,
            told=told,
            choice=choice,
            now=at,
        )
