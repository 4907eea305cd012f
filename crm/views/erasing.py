"""A person archived, taken out again, or erased for good."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import fresh_proof, requires
from accounts.permissions import Level
from accounts.services.audit import Origin
from crm.models import Lead
from crm.services.archiving import AddressInUse, archive_lead, restore_lead
from crm.services.erasing import erase_lead
from crm.views.person import frame, open_lead

WORD = "ERASE"


class EraseForm(forms.Form):
    word = forms.CharField(
        label=f"Type {WORD} to confirm",
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": f"Type {WORD} to confirm."},
    )

    def clean_word(self) -> str:
        given: str = self.cleaned_data["word"]
        if given.strip().upper() != WORD:
            raise ValidationError(f"Type {WORD} to confirm. Nothing was erased.")
        return given


@require_http_methods(["GET", "POST"])
@requires("leads.erase", Level.ADMINISTER)
def lead_archive(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Ask, and archive on POST."""
    found = _active(request, lead_id)
    if request.method == "POST":
        archive_lead(
            actor=request.actor,  # type: ignore[attr-defined]
            lead_id=lead_id,
            now=timezone.now(),
            origin=Origin.of(request),
        )
        messages.success(request, f"{found.name} is in the archive.")
        return redirect("crm:lead", lead_id=lead_id)
    context = {**frame(request, found), "is_under": True, "under": "Archive"}
    return render(request, "crm/person/archive.html", context)


@require_POST
@requires("leads.erase", Level.ADMINISTER)
def lead_restore(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    _active(request, lead_id)
    try:
        lead = restore_lead(
            actor=request.actor,  # type: ignore[attr-defined]
            lead_id=lead_id,
            now=timezone.now(),
            origin=Origin.of(request),
        )
    except AddressInUse:
        messages.error(
            request, "Somebody else has this e-mail address by now. Change it there first, or merge them."
        )
    else:
        messages.success(request, f"{lead.name} is out of the archive.")
    return redirect("crm:lead", lead_id=lead_id)


@require_http_methods(["GET", "POST"])
@requires("leads.erase", Level.ADMINISTER)
@fresh_proof
def lead_erase(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Ask for a word, and erase on POST."""
    found, form = _active(request, lead_id), EraseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            erase_lead(
                actor=request.actor,  # type: ignore[attr-defined]
                lead_id=lead_id,
                now=timezone.now(),
                origin=Origin.of(request),
            )
        except Lead.DoesNotExist:
            raise Http404 from None
        messages.success(request, "Erased.")
        return redirect("crm:lead", lead_id=lead_id)
    context = {**frame(request, found), "is_under": True, "under": "Erase", "form": form}
    return render(request, "crm/person/erase.html", context, status=422 if form.errors else 200)


def _active(request: HttpRequest, lead_id: UUID) -> Lead:
    found = open_lead(request, lead_id)
    if found.erased_at or found.merged_into_id:
        raise Http404
    return found
