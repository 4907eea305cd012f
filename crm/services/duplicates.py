"""Who may be the same person: by e-mail address, then number, then LinkedIn profile, then their reference elsewhere."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models import Client
from accounts.statements import fetch
from accounts.tenancy import Actor
from crm.models import DifferentPeople, Lead
from crm.services.merged_away import kept_people
from crm.services.timeline import line, tell_all

FEW = 5
BEFORE_MERGE = "number or address before a merge"
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


class NotSeveral(Exception):
    """Fewer than two of them are there any more."""


@dataclass(frozen=True, slots=True)
class Lookalike:
    lead: Lead
    by: str  # "address", "number", "LinkedIn profile", "reference" or BEFORE_MERGE


@dataclass(frozen=True, slots=True)
class Group:
    kind: str  # "phone" or "linkedin"
    key: str
    people: int
    leads: list[Lead]

    def is_among(self, apart: Sequence[frozenset[UUID]]) -> bool:
        """Whether all of them were told apart at once; whoever came later brings the question back."""
        people = {each.pk for each in self.leads}
        return any(people <= each for each in apart)


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
    """The few active leads of the client that have one of these, or had it before a merge, the surest match first.
    Blanks match nobody.
    """
    ways = (
        ("address", "plain_email", email.lower()),
        ("number", "phone_e164", phone_e164),
        ("LinkedIn profile", "linkedin_url", linkedin_url),
        ("reference", "external_ref", external_ref),
    )
    asked = [way for way in ways if way[2]]
    if not asked:
        return []
    merged = kept_people(
        agency_id=actor.agency_id, client_id=client_id,
        asked={"email" if column == "plain_email" else column: [value] for _, column, value in asked},
    )  # fmt: skip
    kept = {pk for found in merged.values() for pk in found.values()}
    same = Q(pk__in=kept)
    for _, column, value in asked:
        same |= Q(**{column: value})
    rows = Lead.objects.for_actor(actor).annotate(plain_email=Lower("email"))
    rows = (
        rows.filter(same, client_id=client_id, archived_at=None).exclude(pk=but).order_by("created_at", "pk")
    )
    found = []
    for lead in rows[: FEW * 4]:
        own = (n for n, (_, column, value) in enumerate(asked) if getattr(lead, column) == value)
        found.append((next(own, len(asked)), lead))
    found.sort(key=lambda each: each[0])
    words = [*(each[0] for each in asked), BEFORE_MERGE]
    return [Lookalike(lead, words[n]) for n, lead in found[:FEW]]


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
    apart = _told_apart(actor, client, people)
    return [
        each for each in groups if len(each.leads) > 1 and not each.is_among(apart)
    ], f"{last[0]}~{last[1]}" if last else ""


def _told_apart(actor: Actor, client: Client, people: Sequence[Lead]) -> list[frozenset[UUID]]:
    rows = DifferentPeople.objects.for_actor(actor).filter(client_id=client.pk)
    wanted = rows.filter(people__overlap=[each.pk for each in people]) if people else rows.none()
    return [frozenset(each) for each in wanted.values_list("people", flat=True)]


def told_apart(actor: Actor, client: Client) -> list[tuple[DifferentPeople, list[Lead]]]:
    """What was said last, with those of the people whom the actor sees."""
    rows = DifferentPeople.objects.for_actor(actor).filter(client_id=client.pk).select_related("said_by")
    newest = list(rows.order_by("-said_at", "-pk")[:GROUPS])
    wanted = {pk for each in newest for pk in each.people}
    leads = Lead.objects.for_actor(actor).filter(pk__in=wanted, archived_at=None).in_bulk()
    shown = [(each, [leads[pk] for pk in each.people if pk in leads]) for each in newest]
    return [(each, people) for each, people in shown if people]


@transaction.atomic
def tell_apart(*, actor: Actor, client_id: UUID, lead_ids: Iterable[UUID], now: datetime) -> DifferentPeople:
    """Remember that these are different people, who are asked about no more. Raises `NotSeveral`."""
    rows = Lead.objects.for_actor(actor).filter(client_id=client_id, archived_at=None, erased_at=None)
    leads = list(rows.filter(pk__in=set(lead_ids)).order_by("pk"))
    if len(leads) < 2:
        raise NotSeveral
    said: DifferentPeople = DifferentPeople.unscoped.create(
        agency_id=actor.agency_id, client_id=client_id, people=[each.pk for each in leads],
        said_by_id=actor.user_id, said_at=now,
    )  # fmt: skip
    _tell(actor, leads, "told_apart", now)
    return said


@transaction.atomic
def take_back(*, actor: Actor, said_id: UUID, now: datetime) -> None:
    """They may be the same after all. Raises `DifferentPeople.DoesNotExist`."""
    rows = DifferentPeople.objects.for_actor(actor).select_for_update(of=("self",))
    said: DifferentPeople = rows.get(pk=said_id)
    leads = list(Lead.objects.for_actor(actor).filter(pk__in=said.people, erased_at=None).order_by("pk"))
    said.delete()
    _tell(actor, leads, "told_apart_undone", now)


def _tell(actor: Actor, leads: Sequence[Lead], action: str, now: datetime) -> None:
    tell_all(
        line(
            about=lead, lead_id=lead.pk, actor=actor, action=action, metadata={"people": len(leads)}, now=now
        )
        for lead in leads
    )


def _key(lead: Lead, kind: str) -> str:
    return lead.phone_e164 if kind == "phone" else lead.linkedin_url
