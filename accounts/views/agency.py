"""The agency's own settings and looks."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.access import requires
from accounts.brand import stylesheet_url
from accounts.forms.agency import AgencyForm, BrandingForm, LogoForm
from accounts.models import Agency
from accounts.pages import layout_of
from accounts.permissions import Level
from accounts.services import branding as service
from accounts.services.audit import Origin
from accounts.shades import OUR_OWN, checks
from accounts.tenancy import Actor
from lib.colour import is_hex
from lib.pictures import MOST_BYTES, PictureRefused


@require_GET
@requires("agency.profile", side="staff")
def agency(request: HttpRequest) -> HttpResponse:
    return _agency(request, AgencyForm.of(_own(request)))


@require_POST
@requires("agency.profile", Level.WRITE, side="staff")
def agency_save(request: HttpRequest) -> HttpResponse:
    form = AgencyForm(request.POST)
    if not form.is_valid():
        return _agency(request, form, 422)
    service.change_agency(**_by(request), **form.values)
    messages.success(request, "Saved.")
    return redirect("accounts:agency")


@require_GET
@requires("agency.profile", side="staff")
def branding(request: HttpRequest) -> HttpResponse:
    return _branding(request, BrandingForm.of(_own(request)))


@require_POST
@requires("agency.profile", Level.WRITE, side="staff")
def branding_preview(request: HttpRequest) -> HttpResponse:
    """Show the page in the colour that was chosen, and keep nothing."""
    form = BrandingForm(request.POST)
    return _branding(request, form, 200 if form.is_valid() else 422, preview=True)


@require_POST
@requires("agency.profile", Level.WRITE, side="staff")
def branding_save(request: HttpRequest) -> HttpResponse:
    form = BrandingForm(request.POST)
    if form.is_valid():
        try:
            service.save_branding(**_by(request), **form.cleaned_data)
        except service.ColourRefused as refusal:
            form.add_error("colour", str(refusal))
            return _branding(request, form, 422, offered=refusal.offered)
        messages.success(request, "Saved. Everybody sees it from their next page on.")
        return redirect("accounts:branding")
    return _branding(request, form, 422)


@require_POST
@requires("agency.profile", Level.WRITE, side="staff")
def branding_logo(request: HttpRequest) -> HttpResponse:
    form = LogoForm(request.POST, request.FILES)
    if form.is_valid():
        picture = form.cleaned_data["picture"]
        data = None if form.cleaned_data["remove"] else picture.read(MOST_BYTES + 1)
        try:
            service.save_logo(**_by(request), data=data)
        except PictureRefused as refusal:
            form.add_error("picture", str(refusal))
        else:
            messages.success(request, "Logo removed." if data is None else "Logo saved.")
            return redirect("accounts:branding")
    return _branding(request, BrandingForm.of(_own(request)), 422, logo_form=form)


def _by(request: HttpRequest) -> dict[str, Any]:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return {"actor": actor, "now": timezone.now(), "origin": Origin.of(request)}


def _own(request: HttpRequest) -> Agency:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return Agency.objects.get(pk=actor.agency_id)


def _agency(request: HttpRequest, form: forms.Form, code: int = 200) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    house = _own(request)
    context = {
        "house": house,
        "form": form,
        "door": settings.PUBLIC_URL + reverse("brand:door", args=[house.slug]),
        "may_write": actor.can("agency.profile", Level.WRITE),
        "layout": layout_of(actor),
    }
    return render(request, "accounts/agency.html", context, status=code)


def _branding(
    request: HttpRequest,
    form: forms.Form,
    code: int = 200,
    *,
    logo_form: forms.Form | None = None,
    preview: bool = False,
    offered: str = "",
) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    typed = str(form["colour"].value() or "").lower()
    colour = typed if is_hex(typed) else OUR_OWN
    context = {
        "house": _own(request),
        "form": form,
        "logo_form": logo_form or LogoForm(),
        "checks": checks(colour),
        "preview": preview and form.is_valid(),
        "preview_url": stylesheet_url(colour) if preview else "",
        "offered": offered,
        "may_write": actor.can("agency.profile", Level.WRITE),
        "layout": layout_of(actor),
    }
    return render(request, "accounts/branding.html", context, status=code)
