"""What the page that asks for a second factor has to ask of this session, and where it leads afterwards."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from accounts import proof
from accounts.arrivals import ASKED, asked, visit_of
from accounts.factors import Factors, factors_of
from accounts.gate import is_own
from accounts.models import Trigger, User
from accounts.proof import Proof
from accounts.services.audit import Origin
from accounts.services.devices import trust_device
from accounts.services.sign_in_rules import remember_place, rules_of

ENROL_WITHIN = timedelta(minutes=10)
ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Owed:
    """``why`` is a trigger; ``strong`` refuses e-mail codes; ``held``: nothing else opens until it is shown."""

    user: User
    why: Trigger
    strong: bool
    held: bool
    next: str
    factors: Factors

    @property
    def methods(self) -> list[str]:
        return self.factors.methods(strong=self.strong)

    @property
    def may_trust(self) -> bool:
        return self.held and self.why != Trigger.ALWAYS_REQUIRED

    @property
    def must_enrol(self) -> bool:
        return self.strong and not self.factors.has_strong


def next_of(request: HttpRequest) -> str:
    wanted = request.GET.get("next", "")
    return wanted if wanted and is_own(request, wanted) else reverse("portal:start")


def owed_by(request: HttpRequest, now: datetime) -> Owed | None:
    """None when there is nothing to show: the session is let in, and no fresh proof is asked for by ``why``."""
    user: Any = request.user
    held = request.held is not None  # type: ignore[attr-defined]
    purpose = request.GET.get("why", "")
    if held:
        owed = asked(request)
        why = Trigger(str(owed.get("why") or Trigger.ALWAYS_REQUIRED))
        strong = owed.get("strong") is not False
    elif purpose in (Trigger.STEP_UP, ADMIN):
        why = Trigger.STEP_UP
        strong = purpose == ADMIN or rules_of(user).strong
        shown = proof.proof_of(request)
        if shown and shown.is_fresh(now) and (shown.is_strong or not strong):
            return None
    else:
        return None
    return Owed(user, why, strong, held, next_of(request), factors_of(user.pk))


def settle(request: HttpRequest, owed: Owed, method: str, now: datetime, *, trust: bool, name: str) -> str:
    """Take a factor that was shown; return where the person goes now.

    An e-mail code from whom a stronger factor is wanted opens nothing but the pages that set one up.
    """
    if owed.strong and method not in proof.STRONG:
        request.session[ASKED] = {**asked(request), "enrol": int(now.timestamp()), "next": owed.next}
        return reverse("accounts:factors_start")
    let_in(request, owed.user, method, now)
    device = visit_of(request).device_id
    if trust and owed.may_trust and device:
        trust_device(user_id=owed.user.pk, device_id=device, name=name, now=now, origin=Origin.of(request))
    return owed.next


def let_in(request: HttpRequest, user: User, method: str, now: datetime) -> None:
    request.session.cycle_key()  # what was known of the session before gains nothing
    request.session.pop(ASKED, None)
    proof.keep(request.session, user, Proof(user.pk, method, now))
    remember_place(user_id=user.pk, visit=visit_of(request), now=now)


def is_enrolling(request: HttpRequest, now: datetime) -> bool:
    """An e-mail code was shown within ten minutes, and a stronger factor is wanted before anything opens."""
    since = asked(request).get("enrol")
    return isinstance(since, int) and 0 <= now.timestamp() - since < ENROL_WITHIN.total_seconds()
