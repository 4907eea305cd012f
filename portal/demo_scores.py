"""The demo's scores are added up by themselves; one client has weights of its own, and one lead a person's number."""

from django.utils import timezone

from accounts.models import Agency, Client, User
from accounts.principal import load_principal
from crm.models import Lead, LeadScore, ScoringModel
from crm.score_weights import USUAL
from crm.services.score_override import override_score

WEIGHED = "brightside-dental"
WEIGHTS = {**USUAL, "meeting": 25, "web_form": 12, "decides": 3, "manages": 0}  # patients have no titles
BY_HAND, NUMBER = "delgado-plumbing-heating", 88
REASON = "Wants the boilers of all three buildings replaced before winter."


def add_scores(agency: Agency, nora: User) -> None:
    """Within the agency's scope. What is there already stays as it is."""
    client = Client.unscoped.filter(agency=agency, slug=WEIGHED).first()
    if client:
        own = {"agency": agency, "client": client, "version": 1}
        ScoringModel.unscoped.get_or_create(**own, defaults={"weights": WEIGHTS, "made_by": nora})
    people = Lead.unscoped.filter(agency=agency, client__slug=BY_HAND, archived_at=None).exclude(
        display_name=""
    )
    lead, principal = people.order_by("created_at", "pk").first(), load_principal(nora.pk)
    actor = principal.actor() if principal else None
    if lead and actor and not LeadScore.unscoped.filter(lead=lead).exclude(override=None).exists():
        override_score(actor=actor, lead_id=lead.pk, number=NUMBER, reason=REASON, now=timezone.now())
