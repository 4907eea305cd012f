"""Changing one's password."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts.models import User
from accounts.services.audit import Origin, record_of
from accounts.services.mailing import send_mail
from accounts.services.sessions import end_others
from accounts.services.sign_in import open_again
from accounts.words import local_words
from lib.user_agents import in_words


@transaction.atomic
def change_password(
    *, user: User, password: str, session_id: UUID | None, origin: Origin, now: datetime
) -> None:
    """Give ``user`` the password, already found good, and end every session but ``session_id``.

    That session must take the new password's stamp in the same transaction, or it ends too
    (``django.contrib.auth.update_session_auth_hash``). The person is mailed after commit.
    """
    give_password(user=user, password=password, keep=session_id, origin=origin, now=now)
    context = {
        "person": user,
        "when": local_words(now, user),
        "browser": in_words(origin.user_agent),
        "ip": origin.ip,
        "link": settings.PUBLIC_URL + reverse("account_reset_password"),
    }
    send_mail(template="password_changed", to=user.email, context=context)
    record_of(user.pk, "password_changed", now=now, origin=origin)


def give_password(*, user: User, password: str, keep: UUID | None, origin: Origin, now: datetime) -> None:
    """Store the password, forget wrong tries at the former one, and end every session but ``keep``."""
    user.set_password(password)
    user.password_changed_at = now
    user.save(update_fields=["password", "password_changed_at", "updated_at"])
    open_again(user)
    end_others(user_id=user.pk, keep=keep, reason="password_change", now=now, origin=origin)
