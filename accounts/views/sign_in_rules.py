from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.access import fresh_proof, requires
from accounts.authority import may_touch
from accounts.forms.sign_in_rules import AgencyRulesForm
from accounts.models import Agency, Membership, MFASettings
from accounts.pages import layout_of
from accounts.permissions import Level
from accounts.services import mfa_required
from accounts.services.audit import Origin
from accounts.services.places import HELD
from accounts.tenancy import Actor


@require_GET
@requires("security.others", Level.WRITE)
def rules(request: HttpRequest) -> HttpResponse:
    """Who is asked for more than a password, and who has set up what: of the people the reader may see."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    owner = actor.is_staff and actor.can("security.others", Level.ADMINISTER)
    switches = _switches(actor)
    context = {
        "people": _people(actor),
        "by_risk": switches["by_risk"],
        "form": AgencyRulesForm(initial=switches) if owner else None,
        "layout": layout_of(actor),
    }
    return render(request, "accounts/sign_in_rules.html", context)


def _switches(actor: Actor) -> dict[str, bool]:
    found = Agency.objects.get(pk=actor.agency_id).settings.get("mfa") or {}
    by_risk = found.get("risk") is not False
    return {
        "always": found.get("always") is True,
        "by_risk": by_risk,
        "staff_email": found.get("staff_email") is True,
    }


def _people(actor: Actor) -> list[dict[str, Any]]:
    """One row a person, by name; three look-ups however many they are."""
    found: dict[UUID, dict[str, Any]] = {}
    rows = Membership.objects.for_actor(actor).filter(HELD).select_related("user", "client")
    for row in rows.order_by("user__email"):
        person = found.setdefault(row.user_id, {"user": row.user, "roles": [], "at": set()})
        person["roles"].append(row.role)
        person["at"].add(row.client.name if row.client else "")
    settings = MFASettings.objects.filter(user_id__in=found, require_mfa_always=True)
    asked = set(settings.values_list("user_id", flat=True))
    strong = Authenticator.objects.filter(user_id__in=found).exclude(type=Authenticator.Type.RECOVERY_CODES)
    enrolled = set(strong.values_list("user_id", flat=True))
    for user_id, person in found.items():
        person |= {"always": user_id in asked, "enrolled": user_id in enrolled}
        person["touchable"] = may_touch(actor.roles, person["roles"])
        person["where"] = ", ".join(sorted(filter(None, person["at"])))
    return sorted(found.values(), key=lambda each: each["user"].name.lower())


@require_POST
@requires("security.others", Level.ADMINISTER, side="staff")
@fresh_proof
def rules_agency(request: HttpRequest) -> HttpResponse:
    form = AgencyRulesForm(request.POST)
    form.is_valid()  # three boxes: nothing can be wrong with them
    mfa_required.set_agency_rules(
        actor=request.actor,  # type: ignore[attr-defined]
        now=timezone.now(),
        origin=Origin.of(request),
        **form.cleaned_data,
    )
    messages.success(request, "Saved. It holds from everybody’s next sign-in.")
    return redirect("accounts:rules")


@require_POST
@requires("security.others", Level.WRITE)
@fresh_proof
def rules_person(request: HttpRequest, person_id: UUID) -> HttpResponse:
    required = request.POST.get("always") == "yes"
    try:
        name = mfa_required.require_of_person(
            actor=request.actor,  # type: ignore[attr-defined]
            user_id=person_id,
            required=required,
            now=timezone.now(),
            origin=Origin.of(request),
        )
    except mfa_required.AlsoElsewhere:
        messages.error(
            request, "This person works elsewhere too, where the switch may be needed. It stays on."
        )
        return redirect("accounts:rules")
    if name is None:
        raise Http404
    words = "is asked at every sign-in from now on." if required else "is no longer asked every time."
    messages.success(request, f"{name} {words}")
    return redirect("accounts:rules")
