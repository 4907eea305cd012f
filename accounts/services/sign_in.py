"""Coming in: counting the try, and what is kept of one that succeeded or failed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse

from accounts.addresses import network_of
from accounts.limits import Verdict
from accounts.models import User, UserSession
from accounts.services import limits
from accounts.services.audit import Origin, record, record_of
from accounts.services.mailing import send_mail
from accounts.words import local_words
from lib.user_agents import as_title, in_words


@dataclass(frozen=True, slots=True)
class Attempt:
    """One counted try at a password. Tries at an address that nobody has are counted, and refused, just the same."""

    user_id: UUID | None
    network: str
    by_network: Verdict
    by_account: (
        Verdict | None
    )  # None: the network was refused already, which must cost nobody their own tries
    subject: str

    @property
    def allowed(self) -> bool:
        return self.by_network.allowed and self.by_account is not None and self.by_account.allowed


def begin_attempt(*, email: str, origin: Origin, now: datetime) -> Attempt:
    """Count a try at the password of ``email``, at once and for good; see `accounts.services.limits.take`."""
    user = User.objects.by_address(email)
    # By the person, not by what was typed: one person's address can be written in more than one way.
    subject = str(user.pk) if user else email.strip().casefold()
    network = network_of(origin.ip)
    by_network = limits.take(limit_type="login_ip", subject=network, now=now)
    by_account = None
    if by_network.allowed:
        by_account = limits.take(limit_type="login_account", subject=subject, now=now)
    return Attempt(user.pk if user else None, network, by_network, by_account, subject)


def may_mail(*, email: str, origin: Origin, now: datetime) -> bool:
    """Count one mail that a stranger asks to be sent to ``email``, and say whether it may be sent."""
    network = limits.take(limit_type="mail_ip", subject=network_of(origin.ip), now=now)
    if not network.allowed:
        return False
    user = User.objects.by_address(email)
    subject = str(user.pk) if user else email.strip().casefold()
    return limits.take(limit_type="mail_address", subject=subject, now=now).allowed


def came_in(*, user: User, attempt: Attempt | None, provider: str, origin: Origin, now: datetime) -> None:
    """Keep that ``user`` signed in. A good password takes its own try, and the wrong ones before it, off the count."""
    if attempt is not None and attempt.by_account is not None:
        proved_again(attempt=attempt)
    User.objects.filter(pk=user.pk).update(
        login_count=F("login_count") + 1, failed_login_count=0, locked_until=None, auth_provider=provider
    )
    if not knows_device(user, origin):
        _tell_of_device(user, origin, now)
        record_of(user.pk, "new_device", now=now, origin=origin, target=in_words(origin.user_agent))
    record_of(user.pk, "login_success", now=now, origin=origin)


def knows_device(user: User, origin: Origin) -> bool:
    """Whether the person used this browser before. At the first sign-in of all there is nothing to compare it with."""
    earlier = UserSession.objects.filter(user=user)
    if origin.session_id is not None:
        earlier = earlier.exclude(pk=origin.session_id)
    if user.login_count == 0 and not earlier.exists():
        return True
    return origin.device_id is not None and earlier.filter(device_id=origin.device_id).exists()


def proved_again(*, attempt: Attempt) -> None:
    """A right password, also of somebody signed in already, takes itself and the wrong ones before off the count."""
    limits.clear(limit_type="login_account", subject=attempt.subject)
    limits.give_back(limit_type="login_ip", subject=attempt.network, verdict=attempt.by_network)


@transaction.atomic
def never_tried(*, attempt: Attempt) -> None:
    """Take a try off the count that came to nothing before the password was looked at."""
    if attempt.by_account is not None and attempt.by_account.allowed:
        limits.give_back(limit_type="login_account", subject=attempt.subject, verdict=attempt.by_account)
    if attempt.by_network.allowed:
        limits.give_back(limit_type="login_ip", subject=attempt.network, verdict=attempt.by_network)


def was_refused(*, attempt: Attempt, origin: Origin, now: datetime) -> None:
    """Keep that a try failed. The one that begins a pause is followed by a mail to the person, if there is one."""
    user = User.objects.filter(pk=attempt.user_id).first() if attempt.user_id else None
    account = attempt.by_account
    if user is not None and account is not None and account.allowed:
        until = account.count.paused_until if account.begins_pause else None
        User.objects.filter(pk=user.pk).update(
            failed_login_count=F("failed_login_count") + 1, locked_until=until
        )
        if until is not None:
            _tell_of_pause(user, until, origin)
            record_of(user.pk, "account_locked", now=now, origin=origin)
    if attempt.by_network.begins_pause:
        record(event_type="address_paused", now=now, agency_id=None, origin=origin)
    record_of(attempt.user_id, "login_failed", now=now, origin=origin, failure_reason=_reason(attempt, user))


def lift_pause(*, user: User, by: UUID | None, origin: Origin, now: datetime) -> None:
    """Let ``user`` try again at once. Whether the person ``by`` may do so is decided before (`accounts.locked`)."""
    open_again(user)
    record_of(user.pk, "account_unlocked", now=now, origin=origin, target=user.email, by=by)


def open_again(user: User) -> None:
    """Forget wrong tries at the password of ``user``."""
    limits.clear(limit_type="login_account", subject=str(user.pk))
    User.objects.filter(pk=user.pk).update(failed_login_count=0, locked_until=None)


def _tell_of_pause(user: User, until: datetime, origin: Origin) -> None:
    if user.is_active:
        context = {"person": user, "until": local_words(until, user), "ip": origin.ip}
        send_mail(template="login_paused", to=user.email, context=context)


def _tell_of_device(user: User, origin: Origin, now: datetime) -> None:
    context = {
        "person": user,
        "browser": as_title(origin.user_agent),
        "when": local_words(now, user),
        "ip": origin.ip,
        "link": settings.PUBLIC_URL + reverse("accounts:password"),
    }
    send_mail(template="new_device", to=user.email, context=context)


def _reason(attempt: Attempt, user: User | None) -> str:
    if not attempt.allowed:
        return "locked"
    if user is None:
        return "unknown e-mail"
    return "wrong password" if user.is_active else "login is switched off"
