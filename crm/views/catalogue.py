"""What a client sells."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.access import requires
from accounts.directory import ClientFacts
from accounts.permissions import Level
from accounts.services.audit import Origin
from accounts.tenancy import Actor
from crm.forms.customers import ServiceForm
from crm.models import Service
from crm.services import catalogue
from crm.views.workplace import at, chosen_client, client_of, facts_of, show


@require_GET
@requires("customers.edit")
def service_list(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    client = chosen_client(request)
    rows = Service.objects.for_actor(actor).filter(client_id=client.id if client else None)
    context = {
        "rows": list(rows.order_by("-active", "name")),
        "may_write": actor.can("customers.edit", Level.WRITE),
        "acts": "crm/customers/_service_acts.html",
        "tabs": "crm/customers/_tabs.html",
        "here": "services",
    }
    return show(request, "crm/customers/services.html", "Services", context, client=client)


@require_GET
@requires("customers.edit", Level.WRITE)
def service_new(request: HttpRequest) -> HttpResponse:
    return _form(request, client_of(request), None, ServiceForm.of(None))


@require_POST
@requires("customers.edit", Level.WRITE)
def service_create(request: HttpRequest) -> HttpResponse:
    return _save(request, client_of(request), None)


@require_GET
@requires("customers.edit", Level.WRITE)
def service_edit(request: HttpRequest, service_id: UUID) -> HttpResponse:
    service = _find(request, service_id)
    return _form(request, facts_of(request, service.client_id), service, ServiceForm.of(service))


@require_POST
@requires("customers.edit", Level.WRITE)
def service_save(request: HttpRequest, service_id: UUID) -> HttpResponse:
    service = _find(request, service_id)
    return _save(request, facts_of(request, service.client_id), service)


def _find(request: HttpRequest, service_id: UUID) -> Service:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    service: Service | None = Service.objects.for_actor(actor).filter(pk=service_id).first()
    if service is None:
        raise Http404
    return service


def _save(request: HttpRequest, client: ClientFacts, service: Service | None) -> HttpResponse:
    form = ServiceForm(request.POST)
    if form.is_valid():
        try:
            saved = catalogue.save_service(
                actor=request.actor,  # type: ignore[attr-defined]
                client_id=client.id, service_id=service.pk if service else None, values=form.cleaned_data,
                now=timezone.now(), origin=Origin.of(request),
            )  # fmt: skip
        except catalogue.ServiceNameTaken:
            form.add_error("name", "There is another service of this name.")
        else:
            messages.success(request, f"{saved.name} is saved.")
            return HttpResponseRedirect(_above(request, client)[1])
    return _form(request, client, service, form, 422)


def _form(
    request: HttpRequest, client: ClientFacts, service: Service | None, form: ServiceForm, status: int = 200
) -> HttpResponse:
    heading = service.name if service else "New service"
    return show(request, "crm/customers/service.html", heading, {"service": service, "form": form}, client=client,
                back=_above(request, client), status=status)  # fmt: skip


def _above(request: HttpRequest, client: ClientFacts) -> tuple[str, str]:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return "Services", reverse("crm:services") + at(client, actor)
