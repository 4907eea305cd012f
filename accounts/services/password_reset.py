"""A new password by a mailed link."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts.models import ActionToken, User
from accounts.services import action_tokens
from accounts.services.action_tokens import LinkRefused
from accounts.services.audit import Origin, record_of
from accounts.services.mailing import send_mail
from accounts.services.passwords import give_password

RESET = ActionToken.Purpose.PASSWORD_RESET


@transaction.atomic
def ask_for_reset(*, email: str, now: datetime, origin: Origin) -> None:
    """Mail a link to whoever signs in with ``email``, an address that is clean; earlier links are dead.

    Where nobody does, a mail says so: whoever asked learns nothing from what happens here, nor from how long it takes.
    """
    user = User.objects.by_address(email)
    if user is None or not user.is_active:
        send_mail(template="password_reset_unknown", to=email, context={"email": email})
        record_of(None, "password_reset_requested", now=now, origin=origin, failure_reason="unknown e-mail")
        return
    action_tokens.revoke_of_person(user_id=user.pk, purpose=RESET, now=now)
    _, secret = action_tokens.issue(purpose=RESET, email=user.email, user_id=user.pk, now=now)
    context = {
        "person": user,
        "url": settings.PUBLIC_URL + reverse("account_reset_password_from_key", args=[secret]),
        "minutes": int(action_tokens.LIFE[RESET].total_seconds() // 60),
        "action": "Choose a new password",
    }
    send_mail(template="password_reset", to=user.email, context=context)
    record_of(user.pk, "password_reset_requested", now=now, origin=origin)


@transaction.atomic
def reset_password(*, secret: str, password: str, now: datetime, origin: Origin) -> None:
    """Use the link up and give its person ``password``, which has passed the policy. All their sessions end.

    Raises `LinkRefused`, also for somebody whose login is switched off by now.
    """
    token = action_tokens.consume(purpose=RESET, secret=secret, now=now)
    person: UUID = token.user_id  # type: ignore[assignment]  # a reset is always somebody's
    user = User.objects.select_for_update(no_key=True).get(pk=person)
    if not user.is_active or user.email.lower() != token.email.lower():
        raise LinkRefused("taken back", token)
    user.email_verified_at = user.email_verified_at or now  # the link reached them there
    user.save(update_fields=["email_verified_at"])
    action_tokens.revoke_of_person(user_id=user.pk, purpose=RESET, now=now)
    give_password(user=user, password=password, keep=None, origin=origin, now=now)
    link = settings.PUBLIC_URL + reverse("account_reset_password")
    send_mail(
        template="password_was_reset",
        to=user.email,
        context={"person": user, "ip": origin.ip, "link": link, "action": "Choose another password"},
    )
    record_of(user.pk, "password_reset", now=now, origin=origin)
