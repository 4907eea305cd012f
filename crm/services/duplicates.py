"""Who may be the same person: by e-mail address, then number, then LinkedIn profile, then their reference elsewhere."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models import Client
from accounts.statements import fetch
from accounts.tenancy import Actor
from crm.models import Lead

FEW = 5
GROUPS = 25
# Numbers and profiles that several people of one client share, beyond a place, in order.
SHARED = """
SELECT kind, key, people FROM (
  (SELECT 'phone' AS kind, phone_e164 AS key, count(*) AS people FROM crm_lead
   WHERE agency_id = %s AND client_id = %s AND archived_at IS NULL AND phone_e164 <> '' AND 'phone' >= %s
     AND ('phone' > %s OR phone_e164 > %s)
   GROUP BY phone_e164 HAVING count(*) > 1 ORDER BY phone_e164 LIMIT %s)
  UNION ALL
  (SELECT 'linkedin', linkedin_url, count(*) FROM crm_lead
   WHERE agency_id = %s AND client_id = %s AND archived_at IS NULL AND linkedin_url <> '' AND 'linkedin' >= %s
     AND ('linkedin' > %s OR linkedin_url > %s)
   GROUP BY linkedin_url HAVING count(*) > 1 ORDER BY linkedin_url LIMIT %s)
) found ORDER BY kind, key LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Lookalike:
    lead: Lead
    by: str  # "address", "number", "LinkedIn profile" or "reference"


@dataclass(frozen=True, slots=True)
class Group:
    kind: str  # "phone" or "linkedin"
    key: str
    people: int
    leads: list[Lead]


def lookalikes(
    actor: Actor,
    client_id: UUID,
    *,
    email: str = "",
    phone_e164: str = "",
    linkedin_url: str = "",
    external_ref: str = "",
    but: UUID | None = None,
) -> list[Lookalike]:
    """The few active leads of the client that have one of these, the surest match first. Blanks match nobody."""
    ways = (
        ("address", "plain_email", email.lower()),
        ("number", "phone_e164", phone_e164),
        ("LinkedIn profile", "linkedin_url", linkedin_url),
        ("reference", "external_ref", external_ref),
    )
    asked = [way for way in ways if way[2]]
    if not asked:
        return []
    same = Q()
    for _, column, value in asked:
        same |= Q(**{column: value})
    rows = Lead.objects.for_actor(actor).annotate(plain_email=Lower("email"))
    rows = (
        rows.filter(same, client_id=client_id, archived_at=None).exclude(pk=but).order_by("created_at", "pk")
    )
    found = [
        (next(n for n, (_, column, value) in enumerate(asked) if getattr(lead, column) == value), lead)
        for lead in rows[: FEW * 4]
    ]
    found.sort(key=lambda each: each[0])
    return [Lookalike(lead, asked[n][0]) for n, lead in found[:FEW]]


def shared_groups(actor: Actor, client: Client, after: str = "") -> tuple[list[Group], str]:
    """People of one client who share a number or a profile, one page, and the place where the next begins."""
    kind, _, key = after.partition("~")
    side = [actor.agency_id, client.pk, kind, kind, key, GROUPS + 1]
    rows = fetch(SHARED, [*side, *side, GROUPS + 1])
    shown = rows[:GROUPS]
    same = Q(phone_e164__in=[key for kind, key, _ in shown if kind == "phone"])
    same |= Q(linkedin_url__in=[key for kind, key, _ in shown if kind == "linkedin"])
    leads = Lead.objects.for_actor(actor).filter(same, client_id=client.pk, archived_at=None)
    people = list(leads.order_by("created_at", "pk")) if shown else []
    groups = [
        Group(kind, key, count, [each for each in people if key == _key(each, kind)])
        for kind, key, count in shown
    ]
    last = shown[-1] if len(rows) > GROUPS else None
    return [each for each in groups if len(each.leads) > 1], f"{last[0]}~{last[1]}" if last else ""


def _key(lead: Lead, kind: str) -> str:
    return lead.phone_e164 if kind == "phone" else lead.linkedin_url
