"""Notes on a person's page."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import requires
from accounts.permissions import Level
from accounts.tenancy import Actor
from crm.forms.notes import LeadNoteForm
from crm.models import Lead, Note
from crm.services import notes
from crm.services.readers import colleagues
from crm.views.person import frame, open_lead, page_of_lead

FEW = 6


@require_POST
@requires("leads.edit", Level.OWN)
def note_add(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    found, form = open_lead(request, lead_id), LeadNoteForm(request.POST)
    if not form.is_valid():
        return render(
            request, "crm/person/lead.html", page_of_lead(request, found, note_form=form), status=422
        )
    try:
        notes.add_note(
            actor=request.actor,  # type: ignore[attr-defined]
            lead_id=lead_id,
            now=timezone.now(),
            **form.cleaned_data,
        )
    except Lead.DoesNotExist:
        raise Http404 from None
    messages.success(request, "Note added.")
    return redirect("crm:lead", lead_id=lead_id)


@require_http_methods(["GET", "POST"])
@requires("leads.edit", Level.OWN)
def note_edit(request: HttpRequest, lead_id: UUID, note_id: UUID) -> HttpResponse:
    found = open_lead(request, lead_id)
    note = _own(request, found, note_id)
    form = LeadNoteForm(request.POST or None, initial={"body": note.body, "note_type": note.note_type})
    del form.fields["pinned"]
    if request.method == "POST" and form.is_valid():
        notes.edit_note(
            actor=request.actor,  # type: ignore[attr-defined]
            note_id=note_id,
            body=form.cleaned_data["body"],
            note_type=form.cleaned_data["note_type"],
            now=timezone.now(),
        )
        messages.success(request, "Note saved.")
        return redirect("crm:lead", lead_id=lead_id)
    context = {**frame(request, found), "note": note, "form": form}
    return render(request, "crm/person/note.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@requires("leads.edit", Level.OWN)
def note_delete(request: HttpRequest, lead_id: UUID, note_id: UUID) -> HttpResponse:
    """Ask, and delete on POST."""
    found = open_lead(request, lead_id)
    note = _own(request, found, note_id)
    if request.method == "POST":
        notes.delete_note(actor=request.actor, note_id=note_id, now=timezone.now())  # type: ignore[attr-defined]
        messages.success(request, "Note deleted.")
        return redirect("crm:lead", lead_id=lead_id)
    return render(request, "crm/person/note_delete.html", {**frame(request, found), "note": note})


@require_POST
@requires("leads.edit", Level.OWN)
def note_pin(request: HttpRequest, lead_id: UUID, note_id: UUID) -> HttpResponse:
    found, pinned = open_lead(request, lead_id), request.POST.get("pinned") == "1"
    _note(request, found, note_id)
    notes.pin_note(actor=request.actor, note_id=note_id, pinned=pinned)  # type: ignore[attr-defined]
    messages.success(request, "Kept at the top." if pinned else "No longer kept at the top.")
    return redirect("crm:lead", lead_id=lead_id)


@require_GET
@requires("leads.edit", Level.OWN)
def mentions(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Names that begin with ``q``, as buttons of a small list; for the script beside a note's field."""
    found, q = open_lead(request, lead_id), request.GET.get("q", "").casefold()[:60]
    actor: Actor = request.actor  # type: ignore[attr-defined]
    people = colleagues(actor, found.client_id)
    names = [
        name for pk, name in people.items()
        if pk != actor.user_id and any(word.startswith(q) for word in (name.casefold(), *name.casefold().split()))
    ]  # fmt: skip
    return render(request, "crm/person/_mentions.html", {"names": names[:FEW]})


def _note(request: HttpRequest, found: Lead, note_id: UUID) -> Note:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    note: Note | None = Note.objects.for_actor(actor).filter(pk=note_id, lead=found).first()
    if note is None:
        raise Http404
    return note


def _own(request: HttpRequest, found: Lead, note_id: UUID) -> Note:
    note = _note(request, found, note_id)
    if note.author_id != request.actor.user_id:  # type: ignore[attr-defined]
        raise PermissionDenied
    return note
