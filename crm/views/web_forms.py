"""A client's web forms: what comes in by them, and how they are made."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import requires
from accounts.directory import visible_clients
from accounts.models import Client
from accounts.newest import page_of
from accounts.pages import layout_of
from accounts.permissions import Level
from accounts.services.audit import Origin
from accounts.tenancy import Actor
from crm.forms.web_forms import WebFormForm
from crm.models import FormSubmission, InboundForm
from crm.services import form_intake
from crm.services.web_forms import renew_address, save_form


@require_GET
@requires("leads.import", Level.WRITE)
def form_list(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    forms = InboundForm.objects.for_actor(actor).select_related("client").with_trouble()
    return render(
        request,
        "crm/forms/list.html",
        {"forms": forms.order_by("client__name", "name"), "layout": layout_of(actor)},
    )


@require_GET
@requires("leads.import", Level.WRITE)
def form_new(request: HttpRequest) -> HttpResponse:
    return _page(request, None, WebFormForm(clients=visible_clients(request)))


@require_POST
@requires("leads.import", Level.WRITE)
def form_create(request: HttpRequest) -> HttpResponse:
    return _save(request, None)


@require_GET
@requires("leads.import", Level.WRITE)
def form_edit(request: HttpRequest, form_id: UUID) -> HttpResponse:
    form = _find(request, form_id)
    return _page(request, form, WebFormForm(clients=(), form=form))


@require_POST
@requires("leads.import", Level.WRITE)
def form_save(request: HttpRequest, form_id: UUID) -> HttpResponse:
    return _save(request, _find(request, form_id))


@require_http_methods(["GET", "POST"])
@requires("leads.import", Level.WRITE)
def form_renew(request: HttpRequest, form_id: UUID) -> HttpResponse:
    """Ask first; a POST is the answer."""
    form = _find(request, form_id)
    if request.method == "GET":
        layout = layout_of(request.actor)  # type: ignore[attr-defined]
        return render(request, "crm/forms/renew.html", {"form": form, "layout": layout})
    renew_address(
        actor=request.actor,  # type: ignore[attr-defined]
        form_id=form.pk, now=timezone.now(), origin=Origin.of(request),
    )  # fmt: skip
    messages.success(request, "The form has a new address. Put it on the website now.")
    return redirect("crm:form", form.pk)


@require_GET
@requires("leads.see")
def submission(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """What was sent, word for word."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rows = FormSubmission.objects.for_actor(actor).select_related("form__client", "lead")
    found: FormSubmission | None = rows.filter(pk=submission_id).first()
    if found is None:
        raise Http404
    may_arrange = actor.can("leads.import", Level.WRITE)
    context = {
        "submission": found,
        "form": found.form,
        "may_arrange": may_arrange,
        "layout": layout_of(actor),
    }
    return render(request, "crm/forms/submission.html", context)


@require_POST
@requires("leads.import", Level.WRITE)
def submission_judge(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Say whether what was held or trapped is spam."""
    is_spam = request.POST.get("spam") == "1"
    try:
        form_intake.judge(
            actor=request.actor,  # type: ignore[attr-defined]
            submission_id=submission_id, is_spam=is_spam, now=timezone.now(),
        )  # fmt: skip
    except FormSubmission.DoesNotExist:
        raise Http404 from None
    except form_intake.Judged:
        messages.info(request, "Somebody has decided on this one already.")
    else:
        messages.success(request, "Kept as spam." if is_spam else "It is taken in like any other now.")
    return redirect("crm:submission", submission_id)


@require_POST
@requires("leads.import", Level.WRITE)
def submission_retry(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    try:
        submission = form_intake.try_again(
            actor=request.actor,  # type: ignore[attr-defined]
            submission_id=submission_id,
            now=timezone.now(),
        )
    except FormSubmission.DoesNotExist:
        raise Http404 from None
    messages.info(request, "It is tried again now.")
    return redirect("crm:form", submission.form_id)


def _find(request: HttpRequest, form_id: UUID) -> InboundForm:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    form: InboundForm | None = (
        InboundForm.objects.for_actor(actor).select_related("client").filter(pk=form_id).first()
    )
    if form is None:
        raise Http404
    return form


def _save(request: HttpRequest, form: InboundForm | None) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    asked = WebFormForm(request.POST, clients=() if form else visible_clients(request), form=form)
    if not asked.is_valid():
        return _page(request, form, asked, status=422)
    client = form.client if form else Client.objects.for_actor(actor).get(pk=asked.cleaned_data["client"])
    saved = save_form(
        actor=actor, client=client, form_id=form.pk if form else None, now=timezone.now(), origin=Origin.of(request),
        **asked.values,
    )  # fmt: skip
    messages.success(request, "Saved." if form else "The form is ready. Its address is below.")
    return redirect("crm:form", saved.pk)


def _page(
    request: HttpRequest, form: InboundForm | None, asked: WebFormForm, status: int = 200
) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    context: dict[str, Any] = {"form": form, "asked": asked, "layout": layout_of(actor)}
    if form is not None:
        rows = FormSubmission.objects.for_actor(actor).filter(form=form).select_related("lead", "call")
        context["submissions"], context["older"] = page_of(
            rows.newest_first(), "received_at", request.GET.get("before", "")
        )
        context["address"] = settings.PUBLIC_URL + reverse("crm:public_form", args=[form.token])
    return render(request, "crm/forms/form.html", context, status=status)
