"""One's own name, zone, picture and address, and leaving a house."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import fresh_proof, requires, signed_in
from accounts.avatars import picture_of
from accounts.directory import visible_clients
from accounts.forms.profile import AddressForm, ProfileForm
from accounts.models import ActionToken, Client, Membership, User
from accounts.pages import layout_of
from accounts.permissions import Level
from accounts.services import action_tokens, email_change, memberships
from accounts.services.acceptance import WrongPerson
from accounts.services.action_tokens import LinkRefused
from accounts.services.audit import Origin
from accounts.services.places import HELD, LastOwner, Place
from accounts.services.profile import save_profile
from accounts.tenancy import Actor
from accounts.views.links import refuse_link
from accounts.views.places import posted

VERIFY = ActionToken.Purpose.EMAIL_VERIFICATION


@require_http_methods(["GET", "POST"])
@requires("own.security", Level.WRITE)
def profile(request: HttpRequest) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    form = ProfileForm(
        posted(request),
        request.FILES or None,
        initial={"name": user.name, "timezone": user.timezone},
        has_picture=bool(user.avatar.name),
    )
    if request.method == "POST" and form.is_valid():
        save_profile(
            user_id=user.pk,
            name=form.cleaned_data["name"],
            timezone=form.cleaned_data["timezone"],
            picture=form.cleaned_data["picture"],
            remove_picture=form.cleaned_data.get("remove_picture", False),
            now=timezone.now(),
            origin=Origin.of(request),
        )
        messages.success(request, "Your profile is saved.")
        return redirect("accounts:profile")
    context = {
        "form": form,
        "person": user,
        "picture": picture_of(user),
        "password_url": reverse("accounts:password"),
        "layout": layout_of(request.actor),  # type: ignore[attr-defined]
    }
    return render(request, "accounts/profile.html", context, status=422 if form.errors else 200)


@require_GET
@requires("own.security")
def avatar(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """The picture of oneself, or of somebody whose membership one may see."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    shown: User | None = request.user if request.user.pk == person_id else None
    if shown is None:
        row = (
            Membership.objects.for_actor(actor).filter(HELD, user_id=person_id).select_related("user").first()
        )
        shown = row.user if row else None
    if shown is None or not shown.avatar.name:
        raise Http404
    try:
        with shown.avatar.open("rb") as stored:
            picture = stored.read()
    except FileNotFoundError:
        raise Http404 from None
    headers = {"Cache-Control": "private, max-age=604800", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(picture, content_type="image/webp", headers=headers)


@require_http_methods(["GET", "POST"])
@requires("own.security", Level.WRITE)
@fresh_proof
def profile_email(request: HttpRequest) -> HttpResponse:
    """Ask for another address to sign in with; a link there makes it so."""
    user: User = request.user  # type: ignore[assignment]
    form = AddressForm(posted(request))
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        if email == user.email.lower():
            form.add_error("email", "You sign in with this address already.")
        else:
            email_change.ask_to_confirm(user=user, email=email, now=timezone.now())
            messages.info(request, f"Open the mail we sent to {email}. Until then everything stays as it is.")
            return redirect("accounts:profile")
    context = {"form": form, "person": user, "layout": layout_of(request.actor)}  # type: ignore[attr-defined]
    return render(request, "accounts/profile_email.html", context, status=422 if form.errors else 200)


@require_POST
@requires("own.security", Level.WRITE)
def profile_verify(request: HttpRequest) -> HttpResponse:
    """Mail a link to the address one signs in with, to show that it is one's own."""
    user: User = request.user  # type: ignore[assignment]
    email_change.ask_to_confirm(user=user, email=user.email.lower(), now=timezone.now())
    messages.info(request, f"Open the mail we sent to {user.email}.")
    return redirect("accounts:profile")


@never_cache
@require_http_methods(["GET", "POST"])
@signed_in
def confirm_email(request: HttpRequest, secret: str) -> HttpResponse:
    """The page behind the link. Looking changes nothing."""
    user: User = request.user  # type: ignore[assignment]
    try:
        token = action_tokens.find(purpose=VERIFY, secret=secret, now=timezone.now())
        if token.user_id != user.pk:
            raise LinkRefused("another person", token)
        if request.method == "POST":
            email_change.confirm(
                secret=secret, user_id=user.pk, now=timezone.now(), origin=Origin.of(request)
            )
            messages.success(request, f"Thank you. You sign in with {token.email}.")
            return redirect("accounts:profile" if request.actor else "portal:start")  # type: ignore[attr-defined]
    except WrongPerson:
        return refuse_link(request, LinkRefused("another person"), VERIFY)
    except LinkRefused as refusal:
        return refuse_link(request, refusal, VERIFY)
    return render(request, "accounts/confirm_email.html", {"token": token})


@require_http_methods(["GET", "POST"])
@requires("own.security", Level.WRITE)
def leave(request: HttpRequest) -> HttpResponse:
    """Give up one's own membership of the place one acts from."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    place, refused = _present_place(request), ""
    if request.method == "POST":
        try:
            memberships.leave(actor=actor, place=place, now=timezone.now(), origin=Origin.of(request))
        except LastOwner as refusal:
            refused = str(refusal)
        else:
            messages.success(request, f"You no longer belong to {place.name}.")
            return redirect("portal:start")
    context = {
        "title": f"Leave {place.name}?",
        "text": "You lose your access at once. What you did stays as it is. Only an invitation brings you back.",
        "action": "Leave",
        "refused": refused,
        "back_url": reverse("accounts:profile"),
        "layout": layout_of(actor),
    }
    return render(request, "accounts/team/ask.html", context, status=422 if refused else 200)


def _present_place(request: HttpRequest) -> Place:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    agency = request.principal.agencies[actor.agency_id]  # type: ignore[attr-defined]
    client = None
    if not actor.is_staff:
        client = Client.objects.for_actor(actor).get(pk=visible_clients(request)[0].id)
    return Place(agency.id, agency.name, client)
