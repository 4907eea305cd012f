"""One person of a place: their roles, the end of their membership, and their login."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts import team as people
from accounts.access import fresh_proof, requires
from accounts.directory import visible_clients
from accounts.forms.team import PersonForm
from accounts.models import ClientAssignment, User
from accounts.pages import layout_of
from accounts.permissions import Level
from accounts.services import logins, memberships
from accounts.services.audit import Origin
from accounts.services.places import LastOwner, Place, check_reach
from accounts.team import Member
from accounts.tenancy import Actor
from accounts.views.places import address, at_place, posted


def find_member(request: HttpRequest, place: Place, person_id: UUID) -> Member:
    """Somebody of the place whom the reader may touch; others are not there, or refused with 403."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = people.members(actor, place, person_id)
    if not found:
        raise Http404
    check_reach(actor, found[0].roles)
    return found[0]


@fresh_proof
def show_person(request: HttpRequest, place: Place, person_id: UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    member = find_member(request, place, person_id)
    form = _form(request, actor, place, member)
    if request.method == "POST" and form.is_valid():
        try:
            memberships.change_person(
                actor=actor,
                place=place,
                user_id=person_id,
                roles=form.cleaned_data["roles"],
                now=timezone.now(),
                origin=Origin.of(request),
                **form.access,
            )
        except LastOwner as refusal:
            form.add_error("roles", str(refusal))
        else:
            messages.success(request, f"Saved. It holds from {member.user.name}’s next click.")
            return redirect(address(place, ""))
    context = {
        "place": place,
        "member": member,
        "form": form,
        "team_url": address(place, ""),
        "end_url": address(place, "end", person_id),
        "sign_out_url": address(place, "sign_out", person_id),
        "may_switch_off": _may_switch(actor, member),
        "layout": layout_of(actor),
    }
    return render(request, "accounts/team/person.html", context, status=422 if form.errors else 200)


def _form(request: HttpRequest, actor: Actor, place: Place, member: Member) -> PersonForm:
    assigned = ClientAssignment.objects.for_actor(actor).filter(user=member.user)
    initial = {
        "roles": [role.value for role in member.roles],
        "client_access": member.client_access,
        "record_access": member.record_access,
        "clients": [] if place.client else list(assigned.values_list("client_id", flat=True)),
    }
    clients = () if place.client else visible_clients(request)
    return PersonForm(posted(request), initial=initial, actor=actor, place=place, clients=clients)


def _may_switch(actor: Actor, member: Member) -> bool:
    return (
        actor.is_staff
        and actor.can("agency.staff", Level.ADMINISTER)
        and not member.is_reader
        and logins.is_ours_alone(actor.agency_id, member.user.pk)
    )


team_person, client_team_person = (
    require_http_methods(["GET", "POST"])(view) for view in at_place(show_person)
)


@fresh_proof
def ask_end(request: HttpRequest, place: Place, person_id: UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    member = find_member(request, place, person_id)
    refused = ""
    if request.method == "POST":
        try:
            memberships.end_membership(
                actor=actor, place=place, user_id=person_id, now=timezone.now(), origin=Origin.of(request)
            )
        except LastOwner as refusal:
            refused = str(refusal)
        else:
            messages.success(request, f"{member.user.name} no longer belongs to {place.name}.")
            return redirect("portal:start" if member.is_reader else address(place, ""))
    context = {
        "place": place,
        "title": f"End the membership of {member.user.name}?",
        "text": f"They lose their access to {place.name} at once. What they did stays as it is. "
        "You can invite them again.",
        "action": "End the membership",
        "refused": refused,
        "back_url": address(place, "person", person_id),
        "layout": layout_of(actor),
    }
    return render(request, "accounts/team/ask.html", context, status=422 if refused else 200)


team_end, client_team_end = (require_http_methods(["GET", "POST"])(view) for view in at_place(ask_end))


@require_http_methods(["GET", "POST"])
@requires("agency.staff", Level.ADMINISTER, side="staff")
@fresh_proof
def deactivate(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Switch off the login of one of the agency's own or of its clients' people."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    person, refused = _person_of_house(actor, person_id), ""
    if request.method == "POST":
        try:
            logins.deactivate(actor=actor, user_id=person_id, now=timezone.now(), origin=Origin.of(request))
        except (LastOwner, logins.ServesOthers) as refusal:
            refused = str(refusal)
        else:
            messages.success(request, f"{person.name} can no longer sign in.")
            return redirect("accounts:team")
    context = {
        "title": f"Switch off the login of {person.name}?",
        "text": "They are signed out at their next click and cannot sign in again, until you switch it on. "
        "Their roles stay as they are.",
        "action": "Switch it off",
        "refused": refused,
        "back_url": reverse("accounts:team"),
        "layout": layout_of(actor),
    }
    return render(request, "accounts/team/ask.html", context, status=422 if refused else 200)


@require_POST
@requires("agency.staff", Level.ADMINISTER, side="staff")
@fresh_proof
def reactivate(request: HttpRequest, person_id: UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    person = _person_of_house(actor, person_id)
    try:
        logins.reactivate(actor=actor, user_id=person_id, now=timezone.now(), origin=Origin.of(request))
    except logins.ServesOthers as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{person.name} can sign in again.")
    return redirect("accounts:team")


def _person_of_house(actor: Actor, person_id: UUID) -> User:
    found = logins.person_of(actor, person_id)
    if found is None:
        raise Http404
    return found
