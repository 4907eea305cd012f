"""The page behind the link of an invitation. Looking changes nothing; accepting is a POST."""

from allauth.account.utils import perform_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.access import public
from accounts.brand import brand_of
from accounts.forms.entry import AcceptForm
from accounts.models import ActionToken, Agency, Membership, User
from accounts.roles import Role
from accounts.services import acceptance, action_tokens
from accounts.services.action_tokens import LinkRefused
from accounts.services.audit import Origin
from accounts.views.links import refuse_link
from accounts.views.places import posted

INVITE = ActionToken.Purpose.INVITE


@never_cache
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "POST"])
@public
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Shows who invites to what. A new person names themselves, a known one signs in first, a stranger is sent away."""
    try:
        token = action_tokens.find(purpose=INVITE, secret=secret, now=timezone.now())
        if request.user.is_authenticated:
            return _as_signed_in(request, token, secret)
        if User.objects.filter(email=token.email).exists():
            return _page(request, token, "known", sign_in_next=request.path)
        return _as_new(request, token, secret)
    except LinkRefused as refusal:
        return refuse_link(request, refusal, INVITE)


def _as_signed_in(request: HttpRequest, token: ActionToken, secret: str) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    if user.email.lower() != token.email.lower():
        if request.method == "POST":
            return _refuse_person(request, token)
        return _page(request, token, "other", status=403)
    if request.method != "POST":
        return _page(request, token, "own")
    try:
        membership = acceptance.accept_as(
            secret=secret, user_id=user.pk, now=timezone.now(), origin=Origin.of(request)
        )
    except acceptance.WrongPerson:
        return _refuse_person(request, token)
    _sit_down(request, membership)
    return redirect("portal:start")


def _as_new(request: HttpRequest, token: ActionToken, secret: str) -> HttpResponse:
    form = AcceptForm(posted(request), person=User(email=token.email))
    if request.method != "POST" or not form.is_valid():
        return _page(request, token, "new", form=form, status=422 if form.errors else 200)
    try:
        membership = acceptance.accept_as_new(
            secret=secret,
            name=form.cleaned_data["name"],
            password=form.cleaned_data["password"],
            now=timezone.now(),
            origin=Origin.of(request),
        )
    except acceptance.LoginExists:
        return _page(request, token, "known", sign_in_next=request.path)
    answer: HttpResponse = perform_login(request, membership.user, email_verification="none")
    _sit_down(request, membership)
    return answer


def _sit_down(request: HttpRequest, membership: Membership) -> None:
    request.session["seat"] = f"{membership.agency_id}/{membership.client_id or ''}"


def _refuse_person(request: HttpRequest, token: ActionToken) -> HttpResponse:
    action_tokens.refused(
        refusal=LinkRefused("another person", token),
        purpose=INVITE,
        now=timezone.now(),
        origin=Origin.of(request),
        actor_id=request.user.pk,
    )
    return _page(request, token, "other", status=403)


def _page(
    request: HttpRequest, token: ActionToken, who: str, *, status: int = 200, **context: object
) -> HttpResponse:
    agency: Agency = token.agency  # type: ignore[assignment]  # an invitation is always to a house
    request.house = brand_of(agency)  # type: ignore[attr-defined]  # the page looks like who invites
    told = {
        "who": who,
        "email": token.email,
        "sender": token.created_by.name if token.created_by else agency.name,
        "place": token.client.name if token.client else agency.name,
        "agency": agency.name,
        "at_client": token.client is not None,
        "role": Role(token.metadata["role"]).label,
    }
    return render(request, "accounts/invitation.html", told | context, status=status)
