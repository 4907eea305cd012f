"""Templates of journeys, of the agency and of each client."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.access import requires
from accounts.directory import ClientFacts
from accounts.models import Client
from accounts.permissions import Level
from accounts.tenancy import Actor
from crm.forms.journeys import HOUSE, TemplateForm, TemplateSteps
from crm.models import JourneyTemplate
from crm.services import journey_templates as templates
from crm.services.journey_templates import may_keep
from crm.views.workplace import at, chosen_client, client_of, facts_of, moment_of, show, token


@require_GET
@requires("journeys.edit")
def template_list(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    client = chosen_client(request)
    own = client.id if client else None
    rows = JourneyTemplate.objects.for_actor(actor).annotate(count=Count("steps")).by_name()
    every = [each for each in rows if each.client_id in (None, own)]
    context = {
        "rows": [(each, may_keep(actor, each.client_id)) for each in every if each.archived_at is None],
        "archived": [(each, may_keep(actor, each.client_id)) for each in every if each.archived_at],
        "may_write": actor.can("journeys.edit", Level.WRITE),
        "may_keep_house": may_keep(actor, None),
        "acts": "crm/journeys/_template_acts.html",
        "tabs": "crm/journeys/_tabs.html",
        "here": "templates",
    }
    return show(request, "crm/journeys/templates.html", "Journey templates", context, client=client)


@require_GET
@requires("journeys.edit", Level.WRITE)
def template_new(request: HttpRequest) -> HttpResponse:
    client = client_of(request)
    form = TemplateForm(may_keep_house=may_keep(request.actor, None))  # type: ignore[attr-defined]
    return _form(request, client, None, form, TemplateSteps(prefix="steps"))


@require_POST
@requires("journeys.edit", Level.WRITE)
def template_create(request: HttpRequest) -> HttpResponse:
    return _save(request, client_of(request), None)


@require_GET
@requires("journeys.edit", Level.WRITE)
def template_edit(request: HttpRequest, template_id: UUID) -> HttpResponse:
    template, client = _find(request, template_id)
    rows = list(template.steps.order_by("position").values("label", "channel", "message", "offset_weeks"))
    form = TemplateForm(initial={"name": template.name, "description": template.description})
    return _form(request, client, template, form, TemplateSteps(prefix="steps", initial=rows))


@require_POST
@requires("journeys.edit", Level.WRITE)
def template_save(request: HttpRequest, template_id: UUID) -> HttpResponse:
    template, client = _find(request, template_id)
    return _save(request, client, template)


@require_POST
@requires("journeys.edit", Level.WRITE)
def template_archive(request: HttpRequest, template_id: UUID) -> HttpResponse:
    """Offer it no longer, or again."""
    template, client = _find(request, template_id)
    archived = request.POST.get("archived") == "1"
    try:
        templates.archive_template(
            actor=request.actor,  # type: ignore[attr-defined]
            template_id=template.pk,
            archived=archived,
            now=timezone.now(),
        )
    except templates.TemplateNameTaken:
        messages.error(request, f"Another template is called {template.name} by now. Rename that one first.")
    else:
        messages.success(request, f"{template.name} is {'in the archive' if archived else 'offered again'}.")
    return _back(request, client)


@require_POST
@requires("journeys.edit", Level.WRITE)
def template_adapt(request: HttpRequest, template_id: UUID) -> HttpResponse:
    """Make a copy of it for the client at hand, and open that."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    client = client_of(request)
    row = Client.objects.for_actor(actor).get(pk=client.id)
    found = JourneyTemplate.objects.for_actor(actor).filter(pk=template_id).first()
    if found is None or found.client_id not in (None, client.id):
        raise Http404
    copy = templates.adapt_template(actor=actor, template_id=found.pk, client=row)
    messages.success(request, f"Here is a copy of {found.name} to adapt.")
    return HttpResponseRedirect(reverse("crm:journey_template_edit", args=[copy.pk]))


def _find(request: HttpRequest, template_id: UUID) -> tuple[JourneyTemplate, ClientFacts]:
    """A template that the actor may change, and the client at hand."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    template: JourneyTemplate | None = JourneyTemplate.objects.for_actor(actor).filter(pk=template_id).first()
    if template is None:
        raise Http404
    if not may_keep(actor, template.client_id):
        raise PermissionDenied
    if template.client_id is None:
        return template, client_of(request)
    return template, facts_of(request, template.client_id)


def _save(request: HttpRequest, client: ClientFacts, template: JourneyTemplate | None) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    form = TemplateForm(request.POST, may_keep_house=template is None and may_keep(actor, None))
    steps = TemplateSteps(request.POST, prefix="steps")
    if form.is_valid() & steps.is_valid():
        values = form.cleaned_data
        house = values.pop("whose", "") == HOUSE
        try:
            saved = templates.save_template(
                actor=actor, template_id=template.pk if template else None,
                client=None if house else Client.objects.for_actor(actor).get(pk=client.id),
                values=values, steps=steps.steps, seen=moment_of(request.POST.get("seen", "")),
            )  # fmt: skip
        except templates.TemplateNameTaken:
            form.add_error("name", "There is another template of this name.")
        except templates.ChangedMeanwhile:
            template, _ = _find(request, template.pk) if template else (None, None)
            return _form(request, client, template, form, steps, 422, meanwhile=True)
        else:
            messages.success(request, f"{saved.name} is saved.")
            return _back(request, client)
    return _form(request, client, template, form, steps, 422)


def _form(
    request: HttpRequest, client: ClientFacts, template: JourneyTemplate | None, form: TemplateForm, steps: Any,
    status: int = 200, meanwhile: bool = False,
) -> HttpResponse:  # fmt: skip
    shown = token(template.updated_at) if template else ""
    seen = shown if meanwhile else request.POST.get("seen", shown)
    context = {"template": template, "form": form, "steps": steps, "seen": seen, "meanwhile": meanwhile}
    return show(request, "crm/journeys/template.html", template.name if template else "New template", context,
                client=client, back=_above(request, client), status=status)  # fmt: skip


def _above(request: HttpRequest, client: ClientFacts) -> tuple[str, str]:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return "Templates", reverse("crm:journey_templates") + at(client, actor)


def _back(request: HttpRequest, client: ClientFacts) -> HttpResponse:
    return HttpResponseRedirect(_above(request, client)[1])
