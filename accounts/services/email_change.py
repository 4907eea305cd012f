"""The address a person signs in with: confirming it, and taking another one."""

from datetime import datetime
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import ActionToken, User
from accounts.services import action_tokens
from accounts.services.acceptance import WrongPerson
from accounts.services.action_tokens import LinkRefused
from accounts.services.audit import Origin, record_of
from accounts.services.mailing import send_mail

VERIFY = ActionToken.Purpose.EMAIL_VERIFICATION


@transaction.atomic
def ask_to_confirm(*, user: User, email: str, now: datetime) -> None:
    """Mail a link to ``email``, an address that is clean: their own, or the one they want to sign in with.

    Nothing changes before the link is used. An address that is somebody else's login gets a mail without a link, and
    whoever asked is not told.
    """
    action_tokens.revoke_of_person(user_id=user.pk, purpose=VERIFY, now=now)
    holder = User.objects.by_address(email)
    if holder is not None and holder.pk != user.pk:
        send_mail(template="email_taken", to=email, context={"email": email})
        return
    _, secret = action_tokens.issue(purpose=VERIFY, email=email, user_id=user.pk, now=now)
    context = {
        "person": user,
        "email": email,
        "url": settings.PUBLIC_URL + reverse("accounts:confirm_email", args=[secret]),
        "action": "Confirm the address",
    }
    send_mail(template="email_confirm", to=email, context=context)


@transaction.atomic
def confirm(*, secret: str, user_id: UUID, now: datetime, origin: Origin) -> str:
    """Use the link up; from now on the person signs in with its address, which is returned.

    They must be signed in: a link that went to a stranger by a slip of the pen must not give them the login. Raises
    `LinkRefused` and `WrongPerson`.
    """
    token = action_tokens.consume(purpose=VERIFY, secret=secret, now=now)
    if token.user_id != user_id:
        raise WrongPerson
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    before, user.email, user.email_verified_at = user.email, token.email, now
    try:
        with transaction.atomic():
            user.save(update_fields=["email", "email_verified_at", "updated_at"])
    except IntegrityError:
        raise LinkRefused("taken", token) from None
    if before.lower() == token.email:
        record_of(user.pk, "email_verified", now=now, target=token.email, origin=origin)
        return token.email
    EmailAddress.objects.filter(user=user).delete()  # allauth would let them in by the former address
    action_tokens.revoke_of_person(user_id=user.pk, purpose=ActionToken.Purpose.PASSWORD_RESET, now=now)
    send_mail(template="email_changed", to=before, context={"person": user, "email": token.email})
    record_of(
        user.pk, "email_changed", now=now, target=token.email, origin=origin, details={"before": before}
    )
    return token.email
