"""What the scores of one client are added up with: its weights, what others would change, and all versions."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from accounts.access import requires
from accounts.models import Client
from accounts.permissions import Level
from accounts.services.audit import Origin
from accounts.tenancy import Actor
from accounts.views.clients import find_client
from crm.forms.scoring import WeightsForm
from crm.models import ScoringRound
from crm.score_learning import ENOUGH
from crm.services.score_learning import learn
from crm.services.score_weights import Effect, WeightsChanged, preview, save_weights
from crm.services.scoring import Weighing, weighings
from crm.weights_page import version_of, versions

MEANWHILE = (
    "Somebody saved version {version} meanwhile, so nothing was saved. What you typed is still here: look at the "
    "versions below, and save again if yours should count."
)


@require_GET
@requires("classification.policy", side="staff")
def scoring(request: HttpRequest, slug: str) -> HttpResponse:
    """The weights that count; ``from`` names a version whose numbers fill the form instead."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    client = find_client(actor, slug)
    weighing = weighings(actor.agency_id, [client.pk])[client.pk]
    other = version_of(actor, client.pk, request.GET.get("from", ""))
    form = WeightsForm(weights=other[1] if other else weighing.weights, seen=weighing.version)
    return _show(request, client, weighing, form, filled_from=other[0] if other else None)


@require_GET
@requires("classification.policy", Level.WRITE, side="staff")
def scoring_suggestion(request: HttpRequest, slug: str) -> HttpResponse:
    """What the client's own sales say of its weights, with the evidence. Whoever agrees goes on to the form."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    client = find_client(actor, slug)
    weighing = weighings(actor.agency_id, [client.pk])[client.pk]
    found = learn(actor=actor, client_id=client.pk, now=timezone.now())
    shares = [(each, each.bought / found.bought, each.others / found.others) for each in found.evidence]
    filled = {**weighing.weights, **found.weights, "seen": weighing.version, "learned": "on"}
    context = {
        "client": client, "suggestion": found, "evidence": shares, "enough": ENOUGH, "filled": filled.items(),
    }  # fmt: skip
    return render(request, "crm/scoring_suggestion.html", context)


@require_POST
@requires("classification.policy", Level.WRITE, side="staff")
def scoring_save(request: HttpRequest, slug: str) -> HttpResponse:
    """Save the weights as a new version, or show what they would change."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    client, now = find_client(actor, slug), timezone.now()
    weighing = weighings(actor.agency_id, [client.pk])[client.pk]
    form = WeightsForm(request.POST, weights=weighing.weights, seen=weighing.version)
    if not form.is_valid():
        return _show(request, client, weighing, form, status=422)
    if "preview" in request.POST:
        effects = preview(actor=actor, client_id=client.pk, weights=form.weights, now=now)
        return _show(request, client, weighing, form, effects=effects)
    try:
        made = save_weights(
            actor=actor, client_id=client.pk, weights=form.weights, seen=form.cleaned_data["seen"], now=now,
            origin=Origin.of(request), learned=form.cleaned_data["learned"],
        )  # fmt: skip
    except WeightsChanged as changed:
        form.add_error(None, MEANWHILE.format(version=changed.newest.version))
        form.see(changed.newest.version)
        return _show(request, client, changed.newest, form, status=422)
    if made.version == weighing.version:
        messages.info(request, "Nothing was different, so there is no new version.")
    else:
        messages.success(request, f"Version {made.version} counts from now on. Scores follow within minutes.")
    return redirect("crm:scoring", slug=slug)


def _show(
    request: HttpRequest,
    client: Client,
    weighing: Weighing,
    form: WeightsForm,
    *,
    effects: list[Effect] | None = None,
    filled_from: int | None = None,
    status: int = 200,
) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found, older = versions(actor, client.pk, request.GET.get("before", ""))
    round_ = ScoringRound.objects.for_actor(actor).filter(client_id=client.pk).first()
    context: dict[str, Any] = {
        "client": client,
        "weighing": weighing,
        "form": form,
        "effects": effects,
        "filled_from": filled_from,
        "versions": found,
        "older_url": f"?{urlencode({'before': older})}" if older else "",
        "round": round_,
        "is_walking": round_ is not None and round_.due_at <= timezone.now(),
        "may_write": actor.can("classification.policy", Level.WRITE) and not client.archived_at,
    }
    return render(request, "crm/scoring.html", context, status=status)
