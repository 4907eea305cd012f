"""Accounts at other providers by which a person signs in. No token of theirs is kept, and nobody is made by them."""

from datetime import datetime
from uuid import UUID

from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.services.audit import Origin, record_of
from accounts.services.mailing import send_mail
from accounts.vouching import vouched_email
from accounts.words import local_words
from lib.openid import Claims, Provider


class NotLetIn(Exception):
    """Nobody here goes by that account. The text is for the log; the person is told the same whatever it is."""


class Taken(Exception):
    """That account is the way in of somebody else."""


class LastWayIn(Exception):
    """Without it the person could not sign in any more."""


@transaction.atomic
def person_of(*, provider: Provider, claims: Claims, origin: Origin, now: datetime) -> User:
    """Whom ``claims`` let in: by an account connected before, else by an address that the provider answers for.

    The second way connects the account, once, and only to somebody who has shown before that the address is theirs.
    Raises `NotLetIn`.
    """
    account = (
        SocialAccount.objects.filter(provider=provider.key, uid=claims.uid).select_related("user").first()
    )
    if account is not None:
        user: User = account.user
    else:
        user = _matched(provider, claims)
        _connect(user, provider, claims, origin, now)
    if not user.is_active:
        raise NotLetIn("the login is switched off")
    return user


def _matched(provider: Provider, claims: Claims) -> User:
    email = vouched_email(provider.key, claims.told)
    if email is None:
        raise NotLetIn("the provider does not answer for the address")
    user = User.objects.by_address(email)
    if user is None:
        raise NotLetIn("nobody has the address")
    if user.is_superuser or user.email_verified_at is None or not user.email.isascii():
        raise NotLetIn("the login must be connected by hand")
    if SocialAccount.objects.filter(provider=provider.key, user=user).exists():
        raise NotLetIn("another account of the provider is connected")
    return user


@transaction.atomic
def connect(*, user: User, provider: Provider, claims: Claims, origin: Origin, now: datetime) -> None:
    """Let ``user``, who is signed in and has just proved it, come in by this account too. Raises `Taken`."""
    held = SocialAccount.objects.filter(provider=provider.key, uid=claims.uid).first()
    if held is not None and held.user_id != user.pk:
        raise Taken
    if held is None:
        _connect(user, provider, claims, origin, now)


@transaction.atomic
def disconnect(*, user_id: UUID, provider: str, origin: Origin, now: datetime) -> bool:
    """Take ``provider`` away as a way in; False when it was none. Raises `LastWayIn`."""
    user = User.objects.select_for_update().get(pk=user_id)
    accounts = SocialAccount.objects.filter(user=user)
    if not accounts.filter(provider=provider).exists():
        return False
    if not user.has_usable_password() and not accounts.exclude(provider=provider).exists():
        raise LastWayIn
    accounts.filter(provider=provider).delete()
    record_of(user.pk, "social_disconnected", now=now, origin=origin, target=provider)
    return True


def _connect(user: User, provider: Provider, claims: Claims, origin: Origin, now: datetime) -> None:
    try:
        with transaction.atomic():
            SocialAccount.objects.create(
                user=user, provider=provider.key, uid=claims.uid, extra_data={"email": claims.email[:254]}
            )
    except IntegrityError:  # the same account, connected at the same time
        raise Taken from None
    context = {
        "person": user,
        "provider": provider.name,
        "account": claims.email,
        "when": local_words(now, user),
    }
    send_mail(template="provider_connected", to=user.email, context=context)
    record_of(user.pk, "social_connected", now=now, origin=origin, target=provider.key)
