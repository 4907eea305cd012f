"""The people of a place and the invitations to it."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import team as people
from accounts.access import fresh_proof, requires
from accounts.directory import visible_clients
from accounts.forms.team import InviteForm
from accounts.models import ActionToken
from accounts.pages import layout_of
from accounts.permissions import Level
from accounts.services import invitations
from accounts.services.action_tokens import LinkRefused
from accounts.services.audit import Origin
from accounts.services.places import Place
from accounts.tenancy import Actor
from accounts.views.places import address, at_place, posted


def show_team(request: HttpRequest, place: Place) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    context = {
        "place": place,
        "members": [(each, address(place, "person", each.user.pk)) for each in people.members(actor, place)],
        "invitations": [
            (each, address(place, "resend", each.token.pk), address(place, "revoke", each.token.pk))
            for each in people.invitations(actor, place, timezone.now())
        ],
        "invite_url": address(place, "invite"),
        "layout": layout_of(actor),
    }
    return render(request, "accounts/team/team.html", context)


team, client_team = (require_GET(view) for view in at_place(show_team))


@require_GET
@requires("clients.team", Level.WRITE, side="client")
def our_team(request: HttpRequest) -> HttpResponse:
    """The team of the client whose people are asking."""
    client = visible_clients(request)[0]
    return redirect("accounts:client_team", slug=client.slug)


@fresh_proof
def show_invite(request: HttpRequest, place: Place) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    clients = () if place.client else visible_clients(request)
    form = InviteForm(posted(request), actor=actor, place=place, clients=clients)
    if request.method == "POST" and form.is_valid():
        try:
            invitations.invite(
                actor=actor,
                place=place,
                email=form.cleaned_data["email"],
                role=form.cleaned_data["role"],
                now=timezone.now(),
                origin=Origin.of(request),
                **form.access,
            )
        except invitations.AlreadyThere as refusal:
            form.add_error("email", str(refusal))
        else:
            messages.success(request, f"Invitation sent to {form.cleaned_data['email']}.")
            return redirect(address(place, ""))
    context = {"place": place, "form": form, "team_url": address(place, ""), "layout": layout_of(actor)}
    return render(request, "accounts/team/invite.html", context, status=422 if form.errors else 200)


team_invite, client_team_invite = (
    require_http_methods(["GET", "POST"])(view) for view in at_place(show_invite)
)


def do_resend(request: HttpRequest, place: Place, token_id: UUID) -> HttpResponse:
    try:
        token = invitations.send_again(
            actor=request.actor,  # type: ignore[attr-defined]
            place=place,
            token_id=token_id,
            now=timezone.now(),
            origin=Origin.of(request),
        )
    except (ActionToken.DoesNotExist, LinkRefused):
        raise Http404 from None
    messages.success(request, f"Sent again to {token.email}. The link in the earlier mail no longer works.")
    return redirect(address(place, ""))


team_resend, client_team_resend = (require_POST(view) for view in at_place(do_resend))


def ask_revoke(request: HttpRequest, place: Place, token_id: UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    try:
        token = invitations.find_open(actor, place, token_id)
        if request.method == "POST":
            invitations.revoke(
                actor=actor,
                place=place,
                token_id=token_id,
                now=timezone.now(),
                origin=Origin.of(request),
            )
            messages.success(request, f"The invitation of {token.email} is taken back.")
            return redirect(address(place, ""))
    except ActionToken.DoesNotExist:
        raise Http404 from None
    context = {
        "place": place,
        "title": f"Take back the invitation of {token.email}?",
        "text": "The link in the mail stops working at once. You can invite them again at any time.",
        "action": "Take it back",
        "back_url": address(place, ""),
        "layout": layout_of(actor),
    }
    return render(request, "accounts/team/ask.html", context)


team_revoke, client_team_revoke = (
    require_http_methods(["GET", "POST"])(view) for view in at_place(ask_revoke)
)
